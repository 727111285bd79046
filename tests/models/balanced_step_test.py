"""Steps that balance tasks, in models."""

import checks
import keras
import numpy as np
import pytest
import toy_data
from tolerances import assert_near
from tolerances import near

from mtnas_tf.balancing import DWA
from mtnas_tf.balancing import LossBalancing
from mtnas_tf.balancing import UncertaintyWeighting
from mtnas_tf.data import DatasetSchema
from mtnas_tf.layers import SharedBottom
from mtnas_tf.losses import loss_for
from mtnas_tf.models import MTNAS
from mtnas_tf.models import MMoE
from mtnas_tf.models import MultiTaskModel
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.supernet.search_model import SearchModel

SPLIT = toy_data.make_split(10)
WEIGHTS = {"stars": np.linspace(0, 2, 10, dtype="f")[:, None]}


@keras.saving.register_keras_serializable(package="tests")
class Fixed(LossBalancing):
    """Weights that do not change."""

    def weights(self, losses):
        return keras.ops.array([2.0, 0.5])


class PenalizedBody(SharedBottom):
    """Adds a loss of its own."""

    def call(self, root, training=False):
        self.add_loss(0.1 * keras.ops.mean(root**2))
        return super().call(root, training=training)


def make(**kwargs):
    keras.utils.set_random_seed(0)
    kwargs = {"hidden_units": (5,), "embedding_dim": 4} | kwargs
    return MMoE(
        toy_data.SCHEMA,
        num_experts=2,
        table_initializer="random_normal",
        **kwargs,
    )


def make_penalized():
    keras.utils.set_random_seed(0)
    body = PenalizedBody(toy_data.SCHEMA.task_names, hidden_units=(5,))
    return MultiTaskModel(toy_data.SCHEMA, body)


def stepped(model, steps=2, **kwargs):
    """Weights and logged losses after steps on one batch."""
    kwargs = {"run_eagerly": True, "jit_compile": False} | kwargs
    model.compile(keras.optimizers.SGD(0.1), **kwargs)
    logs = [
        model.train_on_batch(
            SPLIT.inputs, SPLIT.labels, WEIGHTS, return_dict=True
        )
        for _ in range(steps)
    ]
    return model.get_weights(), logs


@pytest.mark.parametrize(
    ("make", "kwargs"),
    [
        (make, {}),
        (make_penalized, {}),
        (make, {"loss": {"click": loss_for(toy_data.CLICK), "stars": "mae"}}),
        (make, {"run_eagerly": False}),
        pytest.param(
            make,
            {"run_eagerly": False, "jit_compile": True},
            marks=pytest.mark.slow,
        ),
    ],
    ids=["eager", "penalty", "losses", "graph", "xla"],
)
def test_weights_of_losses_are_loss_weights(make, kwargs):
    first, logs = stepped(make(), balancing=Fixed(), **kwargs)
    weights = {"click": 2.0, "stars": 0.5}
    loss = kwargs.get("loss")
    second, _ = stepped(make(), loss_weights=weights, loss=loss)
    for ours, plain in zip(first, second, strict=True):
        assert_near(ours, plain)
    # What is logged is not weighted, as that of the validation.
    _, plain_logs = stepped(make(), steps=1, loss=loss)
    assert logs[0] == near(plain_logs[0])


def test_loss_weights_come_first():
    model, weights = make(), {"click": 3.0, "stars": 0.25}
    model.compile(balancing=DWA(), loss_weights=weights, jit_compile=False)
    outputs = model(SPLIT.inputs)
    losses = model.task_losses(SPLIT.labels, outputs, WEIGHTS)
    total = model.compute_loss(SPLIT.inputs, SPLIT.labels, outputs, WEIGHTS)
    assert float(sum(losses)) == near(float(total))
    model.compile(balancing=DWA(), jit_compile=False)
    plain = model.task_losses(SPLIT.labels, outputs, WEIGHTS)
    assert [float(x) for x in losses] == near(
        [3 * float(plain[0]), float(plain[1]) / 4]
    )


def test_the_state_is_none_of_the_models_and_comes_back(tmp_path):
    model = make()
    num_weights = len(model.weights)
    balancing = UncertaintyWeighting(keras.optimizers.Adam(0.1))
    arrays = {"batch_size": 5, "shuffle": False, "verbose": 0}
    model.compile("sgd", balancing=balancing, run_eagerly=True, jit_compile=0)
    model.fit(SPLIT.inputs, SPLIT.labels, **arrays)
    assert len(model.weights) == num_weights
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for trained in (model, loaded):
        trained.run_eagerly = True
        trained.fit(SPLIT.inputs, SPLIT.labels, **arrays)
    checks.assert_same_weights(loaded, model)
    checks.assert_same_weights(loaded.balancing, model.balancing)
    state = loaded.balancing.optimizer
    checks.assert_same_weights(state, model.balancing.optimizer)
    assert model.balancing.log_variances.numpy().all()
    model.compile(
        "sgd", balancing=balancing, run_eagerly=True, jit_compile=False
    )
    assert model.balancing is balancing  # with what it has learned
    model.compile("sgd", run_eagerly=True, jit_compile=False)
    assert model.balancing is None


def test_fit_tells_the_ends_of_epochs():
    model = make()
    for callbacks in (None, keras.callbacks.CallbackList()):
        model.compile(balancing="dwa", run_eagerly=True, jit_compile=False)
        model.fit(
            SPLIT.inputs,
            SPLIT.labels,
            epochs=2,
            callbacks=callbacks,
            verbose=0,
        )
        weights = model.balancing.task_weights.numpy()
        assert weights.sum() == near(2.0)
        assert weights[0] != weights[1]


def test_a_loss_that_is_not_finite_leaves_the_state():
    model = make()
    model.compile(
        "sgd", balancing="uncertainty", run_eagerly=True, jit_compile=False
    )
    labels = {**SPLIT.labels, "stars": np.full((10, 1), np.inf, "f")}
    logs = model.train_on_batch(SPLIT.inputs, labels, return_dict=True)
    assert not np.isfinite(logs["loss"])
    assert not model.balancing.log_variances.numpy().any()
    assert int(model.balancing.optimizer.iterations) == 0


def test_what_trains_many_networks_is_refused():
    space = RouteSpace(toy_data.SCHEMA.task_names, 1, 2)
    population = RoutePopulation(toy_data.SCHEMA, space, 2, units=3)
    search = SearchModel(MTNAS(toy_data.SCHEMA, num_layers=1, units=3))
    for model in (population, search):
        with pytest.raises(ValueError, match="`balancing` must be None for a "):
            model.compile(balancing="dwa")


def test_what_cannot_be_balanced_is_refused():
    fields, tasks = toy_data.SCHEMA.fields, (toy_data.CLICK,)
    schema = DatasetSchema(
        name="one", fields=fields, tasks=tasks, num_buckets=11
    )
    model = MultiTaskModel(schema, SharedBottom(["click"], hidden_units=(3,)))
    with pytest.raises(ValueError, match="`balancing` must be None for a sing"):
        model.compile(balancing="dwa")
    model, balancing = make(), DWA()
    model.compile(balancing=balancing, jit_compile=False)
    other = MultiTaskModel(
        toy_data.BINARY_SCHEMA, SharedBottom(["click", "buy"])
    )
    with pytest.raises(ValueError, match=r"`balancing` must be of .*'stars'\]"):
        other.compile(balancing=balancing)
    with pytest.raises(ValueError, match="`loss` must hold a loss for each"):
        model.compile(balancing="dwa", loss={"click": "mse", "stars": None})
