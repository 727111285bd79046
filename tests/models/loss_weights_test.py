"""Loss weights beside NumPy, in models of every kind."""

import keras
import numpy as np
import pytest
import toy_data
from tolerances import near

from mtnas_tf.models import MTNAS
from mtnas_tf.models import RoutingNetworks
from mtnas_tf.models import SharedBottom
from mtnas_tf.search import SearchModel

SCHEMA = toy_data.SCHEMA
SPLIT = toy_data.make_split(12)
EAGER = {"run_eagerly": True, "jit_compile": False}
WEIGHTS = {"click": 2.5}


def losses_of(outputs):
    """The mean loss of either task over the rows that have a label."""
    click, stars = (SPLIT.labels[name] for name in ("click", "stars"))
    outputs = {
        name: np.asarray(each, "float64") for name, each in outputs.items()
    }
    chances = np.where(click == 1, outputs["click"], 1 - outputs["click"])
    seen = ~np.isnan(click)
    assert not seen.all()
    return -np.log(chances[seen]).mean(), np.square(
        stars - outputs["stars"]
    ).mean()


@pytest.mark.parametrize("form", [dict, list])
def test_training_is_weighted_and_evaluation_is_not(form):
    model = SharedBottom(SCHEMA, hidden_units=(3,))
    weights = WEIGHTS if form is dict else [2.5, 1.0]
    model.compile(keras.optimizers.SGD(0.0), loss_weights=weights, **EAGER)
    rows = (SPLIT.inputs, SPLIT.labels)
    click, stars = losses_of(model(SPLIT.inputs))
    history = model.fit(*rows, validation_data=rows, verbose=0).history
    assert history["loss"] == near([2.5 * click + stars])
    assert history["val_loss"] == near([click + stars])
    assert model.loss_weights == {"click": 2.5, "stars": 1.0}


def test_a_search_in_a_supernet_trains_with_them():
    search = SearchModel(
        MTNAS(SCHEMA, num_layers=1, num_subnetworks=2, units=3)
    )
    search.compile(loss_weights=WEIGHTS, **EAGER)
    outputs = search(SPLIT.inputs)
    click, stars = losses_of(outputs)
    loss = search.compute_loss(SPLIT.inputs, SPLIT.labels, outputs)
    assert float(loss) == near(2.5 * click + stars)


def test_co_training_is_weighted(monkeypatch):
    model = RoutingNetworks(
        SCHEMA, num_layers=1, hidden_units=(3,), co_training_rate=0.5
    )
    read = model.body.draw(model.encoder(SPLIT.inputs), is_uniform=True)
    monkeypatch.setattr(model.body, "draw", lambda root, is_uniform: read)
    click, stars = losses_of(model.towers(read[0]))
    for weights, weight in ((None, 1.0), (WEIGHTS, 2.5)):
        model.compile(loss_weights=weights, **EAGER)
        loss = model._co_training_loss(None, SPLIT.labels, None)
        assert float(loss) == near(0.5 * (weight * click + stars))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"clicks": 2.0}, "keys are among the tasks.*'clicks'"),
        (2.0, "must be a dict.*loss_weights=2.0"),
        *(
            ({"click": weight}, r"loss_weights\['click'\]` must be a finite")
            for weight in (0, -1.0, np.nan, np.inf, True, "2")
        ),
    ],
)
def test_what_is_no_weight_of_a_task_is_refused(given, message):
    model = SharedBottom(SCHEMA, hidden_units=(3,))
    with pytest.raises(ValueError, match=message):
        model.compile(loss_weights=given)
