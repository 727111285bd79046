import dataclasses

import keras
import numpy as np
import pytest
from checks import assert_close
from checks import assert_same_weights
from checks import randomize
from checks import to_numpy
from tolerances import assert_near
from tolerances import rounding
from toy_data import BINARY_SCHEMA
from toy_data import CLASS_SCHEMA
from toy_data import SCHEMA
from toy_data import make_data
from toy_data import make_split

from mtnas_tf.derive import build_model
from mtnas_tf.derive import max_difference
from mtnas_tf.derive import new_model
from mtnas_tf.losses.tower_outputs import tower_outputs_of
from mtnas_tf.models import MTNAS
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.search import SearchModel

INPUTS = make_split(7).inputs
# s2 and s6 serve nobody, s4 has one source and so no gate.
ROUTE = Route(
    2,
    3,
    {
        "s4": BlockRoute(("s1",)),
        "s5": BlockRoute(("s1", "s3"), "root"),
        "s6": BlockRoute(("s2", "s3"), "s2"),
        "click": BlockRoute(("s4",)),
        "stars": BlockRoute(("s4", "s5"), "s4"),
    },
)


def make_supernet(schema=SCHEMA, **kwargs):
    sizes = {"num_subnetworks": 3, "units": 4, "embedding_dim": 4}
    supernet = MTNAS(schema, **{**sizes, **kwargs})
    randomize(supernet)
    return supernet


def shapes(model):
    """Name of every weight, without that of the model -> shape."""
    prefix = f"{model.name}/"
    return {
        weight.path.removeprefix(prefix): tuple(weight.shape)
        for weight in model.weights
    }


@pytest.mark.filterwarnings("ignore:Batch statistics are inherited")
@pytest.mark.parametrize(
    ("normalization", "stem"),
    [(None, {}), ("batch", {"stem_units": 5}), ("layer", {})],
    ids=["None", "batch stem", "layer"],
)
@pytest.mark.parametrize(
    "space",
    [
        {"num_layers": 1},
        {"num_layers": 1, "aggregation": "mean"},
        {"num_layers": 2},
        {"num_layers": 2, "root_query": "stem"},
        {"num_layers": 2, "query_scope": "all_prev"},
        {"num_layers": 2, "value_scope": "all_prev"},
        {"num_layers": 2, "aggregation": "mean"},
        {"num_layers": 2, "schema": CLASS_SCHEMA},
    ],
    ids=[
        "1",
        "1 mean",
        "2",
        "2 root",
        "2 all_prev",
        "2 all values",
        "2 mean",
        "2 classes",
    ],
)
def test_equals_the_pinned_supernet(normalization, stem, space):
    supernet = make_supernet(normalization=normalization, **stem, **space)
    rng = np.random.default_rng([len(stem), *map(ord, str(normalization))])
    for _ in range(2):
        route = supernet.space.random_route(rng)
        model = build_model(supernet, route)
        outputs = model(INPUTS).values()
        logits = [z for z in map(tower_outputs_of, outputs) if z is not None]
        scale = max(1.0, *(np.abs(z).max() for z in map(np.asarray, logits)))
        assert max_difference(supernet, model, INPUTS) <= rounding() * scale


def test_predictions_equal_those_of_the_supernet_at_its_best_route():
    supernet = make_supernet(normalization="layer")
    logits = np.zeros(supernet.policy.logits.shape)
    choices = supernet.space.choices(ROUTE)
    logits[np.arange(len(choices)), choices] = 9.0
    supernet.policy.logits.assign(logits)
    model = build_model(supernet, ROUTE)
    assert_close(to_numpy(model(INPUTS)), to_numpy(supernet(INPUTS)))


def test_difference_is_that_of_the_logits():
    supernet = make_supernet(normalization=None)
    model = build_model(supernet, ROUTE)
    towers = model.towers.output_layers
    towers["click"].bias.assign(towers["click"].bias - 0.25)
    towers["stars"].bias.assign(towers["stars"].bias + 0.75)
    difference = max_difference(supernet, model, INPUTS)
    assert_near(difference, 0.75)


def test_holds_what_the_route_reaches_and_nothing_else():
    supernet = make_supernet(normalization="layer", stem_units=5)
    model = build_model(supernet, ROUTE)
    root_units = 3 * 4 + 2
    expected = {
        "encoder/table": (11, 4),
        "body/stem/bank/kernel": (1, root_units, 5),
        "body/layer_1/kernel": (2, 5, 4),  # s1 and s3
        "body/layer_2/kernel": (2, 4, 4),  # s4 and s5
        "body/gate_s5/kernel": (root_units, 2),
        "body/gate_stars/kernel": (4, 2),
        "towers/tower_click/kernel": (4, 1),
        "towers/tower_stars/kernel": (4, 1),
        "towers/tower_click/bias": (1,),
        "towers/tower_stars/bias": (1,),
    }
    for bank, shape in {
        "body/stem/bank": (1, 5),
        "body/layer_1": (2, 4),
        "body/layer_2": (2, 4),
    }.items():
        for weight in ("bias", "norm/gamma", "norm/beta"):
            expected[f"{bank}/{weight}"] = shape
    assert shapes(model) == expected
    assert model.count_params() == sum(map(np.prod, expected.values())) == 295


# Keras's own, which `pytest.warns` takes out of its file.
@pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning")
def test_weights_are_those_of_the_supernet():
    supernet = make_supernet(normalization="batch")
    with pytest.warns(UserWarning, match="Pass `batches` to recalibrate"):
        model = build_model(supernet, ROUTE)
    for layer, rows in enumerate([[0, 2], [0, 1]]):
        for source, copy in zip(
            supernet.body.banks[layer].weights,
            model.body.banks[layer].weights,
            strict=True,
        ):
            np.testing.assert_array_equal(source.numpy()[rows], copy.numpy())
    assert_same_weights(model.encoder, supernet.encoder)
    assert_same_weights(model.towers, supernet.towers)
    kernel = supernet.body.banks[0].kernel.numpy()
    model.body.banks[0].kernel.assign(model.body.banks[0].kernel + 1)
    np.testing.assert_array_equal(supernet.body.banks[0].kernel.numpy(), kernel)


def test_batches_recalibrate_the_statistics():
    supernet = make_supernet(normalization="batch")
    batch = (INPUTS, make_split(7).labels)
    model = build_model(supernet, ROUTE, [batch])
    root = model.encoder(INPUTS).numpy()
    bank = model.body.banks[0]
    hidden = root @ bank.kernel.numpy()[1] + bank.bias.numpy()[1]
    assert_near(bank.norm.moving_mean[1], hidden.mean(axis=0))


@pytest.mark.slow
def test_table_rows_are_brought_up_to_date():
    # More rows than a step brings up to date.
    schema = dataclasses.replace(BINARY_SCHEMA, num_buckets=80)
    data = make_data(schema)
    search = SearchModel(
        MTNAS(schema, num_subnetworks=2, units=3, normalization=None)
    )
    search.compile(jit_compile=False)
    for batch in data.search.take(4):
        search.train_step(batch)
    table = search.supernet.encoder.table
    before = table.stored.numpy()
    route = search.supernet.space.full_route()
    model = build_model(search, route)
    np.testing.assert_array_equal(model.encoder.table.numpy(), table.numpy())
    assert (model.encoder.table.numpy() != before).any()


def test_new_model_has_the_shape_and_weights_of_its_own():
    supernet = make_supernet(stem_units=5, normalization="layer")
    keras.utils.set_random_seed(1)
    fresh = new_model(supernet, ROUTE)
    assert shapes(fresh) == shapes(build_model(supernet, ROUTE))
    assert fresh.body.units == supernet.body.units
    assert fresh.body.stem.get_config() == supernet.body.stem.get_config()
    assert not np.allclose(
        fresh.body.banks[0].kernel,
        supernet.body.banks[0].kernel.numpy()[[0, 2]],
    )
    assert np.abs(fresh.encoder.table).max() < 1e-2  # as initialized
    keras.utils.set_random_seed(1)
    assert_same_weights(new_model(supernet, ROUTE), fresh)


def test_new_model_takes_arguments_in_place_of_the_supernets():
    supernet = make_supernet(normalization="layer")
    fresh = new_model(supernet, ROUTE, units=6, normalization=None)
    assert fresh.body.units == 6
    assert fresh.body.banks[0].norm is None


def test_derived_model_survives_saving(tmp_path):
    supernet = make_supernet(stem_units=5, normalization="layer")
    model = build_model(supernet, ROUTE)
    model.compile(jit_compile=False, run_eagerly=True)
    model.fit(INPUTS, make_split(7).labels, batch_size=7, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.route == ROUTE
    assert_same_weights(loaded, model)
    assert_close(to_numpy(loaded(INPUTS)), to_numpy(model(INPUTS)))


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"num_layers": 1}, "`route` must have 1 layers of 3 sub-networks"),
        ({"num_subnetworks": 4}, "`route` must have 2 layers of 4"),
        ({"query_scope": "root"}, "`route` must lie in the search space"),
    ],
)
def test_route_of_another_space(space, message):
    supernet = make_supernet(normalization=None, **space)
    with pytest.raises(ValueError, match=message):
        build_model(supernet, ROUTE)
