"""Pruned networks predict as the models do that they are part of."""

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data

from export import export_model
from mtnas_tf.derive import prune
from mtnas_tf.models import MODELS
from mtnas_tf.models import MultiTaskModel
from mtnas_tf.models import SparseRouteModel

ROWS = toy_data.make_split(7)
ROUTED = (
    "ml_mmoe",
    "learning_to_branch",
    "gumbel_allocation",
    "routing_networks",
)


def make(name, seed=0, **kwargs):
    keras.utils.set_random_seed(seed)
    model = MODELS[name](
        toy_data.SCHEMA,
        num_experts=4,
        hidden_units=(5,),
        embedding_dim=3,
        **kwargs,
    )
    checks.randomize(model, seed)
    if name == "routing_networks":  # whose policy starts equal
        shape = model.body.policy.shape
        model.body.policy.assign(np.random.default_rng(seed).random(shape))
    return model


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"num_layers": 1, "stem_units": 6, "normalization": None},
        {"num_layers": 3, "normalization": "batch", "tower_units": (4,)},
    ],
    ids=["2 layers", "stem", "batch"],
)
@pytest.mark.parametrize("name", ROUTED)
def test_predicts_as_the_model_does(name, shape):
    for seed in range(3):
        model = make(name, seed, **shape)
        pruned = prune(model)
        assert type(pruned) is SparseRouteModel
        assert pruned.route == model.body.route
        assert pruned.towers.tower_units == shape.get("tower_units", ())
        checks.assert_close(
            checks.to_numpy(pruned(ROWS.inputs)),
            checks.to_numpy(model(ROWS.inputs)),
        )


@pytest.mark.parametrize("name", ROUTED)
def test_keeps_what_the_route_reaches_alone(name):
    pruned = prune(make(name))
    reached = pruned.route.reached()
    assert sum(bank.num_subnetworks for bank in pruned.body.banks) == len(
        reached
    )
    paths = {weight.path.rpartition("/")[2] for weight in pruned.body.weights}
    assert paths <= {"kernel", "bias", "gamma", "beta", "moving_mean"} | {
        "moving_variance"
    }


def test_is_apart_from_the_model():
    model = make("ml_mmoe")
    before = checks.to_numpy(model(ROWS.inputs))
    pruned = prune(model)
    pruned.compile("sgd", run_eagerly=True, jit_compile=False)
    pruned.fit(ROWS.inputs, ROWS.labels, verbose=0)
    checks.assert_close(checks.to_numpy(model(ROWS.inputs)), before, 0)


@pytest.mark.slow
def test_tables_are_brought_up_to_date():
    model = make("ml_mmoe")
    # Rows catch up when they are read.
    model.compile(run_eagerly=True, jit_compile=False)
    for batch in range(7):
        rows = slice(batch, batch + 1)
        model.train_on_batch(
            {k: v[rows] for k, v in ROWS.inputs.items()},
            {k: v[rows] for k, v in ROWS.labels.items()},
        )
    pruned = prune(model)
    checks.assert_close(
        checks.to_numpy(pruned(ROWS.inputs)),
        checks.to_numpy(model.predict_on_batch(ROWS.inputs)),
    )


# Whatever it was part of, what is exported is a `SparseRouteModel`.
@pytest.mark.slow
@pytest.mark.parametrize("name", ROUTED[:1])
def test_is_exported_as_any_route_s_network(name, tmp_path):
    model = make(name)
    export_model(prune(model), tmp_path / "out", formats=("saved_model",))
    served = tf.saved_model.load(tmp_path / "out" / "saved_model")
    outputs = served.signatures["serving_default"](
        ids=tf.constant(ROWS.inputs["ids"], tf.int64),
        values=tf.constant(ROWS.inputs["values"]),
    )
    for task, expected in model(ROWS.inputs).items():
        np.testing.assert_allclose(outputs[task], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("make_model", "message"),
    [
        (
            lambda: MODELS["single_task"](toy_data.SCHEMA),
            "must have a `route`. Received: a `SingleTask`",
        ),
        (
            lambda: MODELS["ml_mmoe"](toy_data.SCHEMA, hidden_units=(4, 3)),
            "one hidden layer each.*a `MLMMoE`",
        ),
        (
            lambda: MODELS["shared_bottom"](toy_data.SCHEMA),
            "layers of experts.*a `SharedBottom`",
        ),
    ],
)
def test_bodies_that_cannot_be_pruned_are_named(make_model, message):
    with pytest.raises(ValueError, match=message):
        prune(make_model())


def test_an_encoder_of_ones_own_is_kept():
    model = make("ml_mmoe")
    own = MultiTaskModel(
        toy_data.SCHEMA, model.body, encoder=OnesEncoder(model.encoder)
    )
    pruned = prune(own)
    assert isinstance(pruned.encoder, OnesEncoder)
    checks.assert_close(
        checks.to_numpy(pruned(ROWS.inputs)), checks.to_numpy(own(ROWS.inputs))
    )


@keras.saving.register_keras_serializable(package="tests")
class OnesEncoder(keras.layers.Layer):
    """The library's encoder, plus one."""

    def __init__(self, encoder, **kwargs):
        super().__init__(**kwargs)
        if isinstance(encoder, dict):
            encoder = keras.saving.deserialize_keras_object(encoder)
        self.encoder = encoder

    def build(self, shape):
        if not self.encoder.built:
            self.encoder.build(shape)

    def call(self, inputs):
        return self.encoder(inputs) + 1.0

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": keras.saving.serialize_keras_object(self.encoder),
        }
