"""Models of any method side by side, beside the same ones alone."""

import functools
import re

import checks
import keras
import numpy as np
import pytest
import tiny_models
import toy_data
from exhaustive import EXHAUSTIVE
from keras import ops
from tolerances import near
from tolerances import rounding

from mtnas_tf import layers
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.models import MODELS
from mtnas_tf.models import MultiTaskModel
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.population import ModelPopulation
from mtnas_tf.population.reset_optimizer import reset_optimizer
from mtnas_tf.population.why_alone import why_alone

SCHEMA = toy_data.SCHEMA
SEEDS = (4, 7, 9)
MARKS = {
    "single_task": [],  # several tables
    "snr_trans": [pytest.mark.slow],  # draws and a penalty
}
ALONE = "routing_networks"


def make(name, seed, **kwargs):
    kwargs = {"normalization": "batch", "dropout_rate": 0.2, **kwargs}
    model = tiny_models.make_model(name, SCHEMA, seed=seed, **kwargs)
    # Of a domain's only row in a batch all features are normalized to 0: with
    # offsets of 0 behind it, rounding decides whether a ReLU passes it on.
    rng = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign_add(rng.normal(scale=0.1, size=weight.shape))
    return model


def fit(model, data):
    data.seek(0)
    model.fit(data.train, epochs=2, shuffle=False, verbose=0)


def assert_same_weights(first, second, tolerance):
    for ours, its in zip(first.variables, second.variables, strict=True):
        # Seeds and counts are whole numbers, weights not much larger than 1.
        np.testing.assert_allclose(
            np.asarray(ours, "float64"),
            np.asarray(its, "float64"),
            rtol=tolerance,
            atol=tolerance,
            err_msg=ours.path,
        )


def check_as_alone(build, jit_compile=False):
    """Three trainings of 8 steps, at once and one after the other."""
    data = toy_data.make_data(SCHEMA)
    population, alone = ModelPopulation(build, len(SEEDS)), build(0)
    for model in (population, alone):
        # An epsilon that does not blow up the rounding of tiny gradients.
        optimizer = SparseAdam(1e-2, epsilon=1e-2)
        # A few steps are done before they are compiled.
        is_eager = model is alone and not jit_compile
        model.compile(
            optimizer,
            jit_compile=jit_compile,
            run_eagerly=is_eager,
            loss_weights={"click": 3.0, "stars": 0.5},
        )
    population.initialize(SEEDS)
    fit(population, data)
    each = population.evaluate_each(data.valid)
    for index, seed in enumerate(SEEDS):
        start = build(seed)
        for variable, own in zip(alone.variables, start.variables, strict=True):
            variable.assign(own.value)
        reset_optimizer(alone.optimizer)
        fit(alone, data)
        assert_same_weights(population.network(index), alone, rounding())
        # AUCs would jump where two rows are level.
        losses = [
            mtl_loss(SCHEMA.tasks, metrics)
            for metrics in (each[index], alone.evaluate_by_task(data.valid))
        ]
        assert losses[0] == near(losses[1])
        with pytest.raises(AssertionError):
            assert_same_weights(start, alone, 100 * rounding())


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=MARKS.get(name, EXHAUSTIVE))
        for name in MODELS
        if name != ALONE
    ],
)
def test_three_side_by_side_are_three_alone(name):
    check_as_alone(functools.partial(make, name))


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["snr_trans", "stem_net"])
def test_by_xla_too(name):
    check_as_alone(functools.partial(make, name), jit_compile=True)


class Noisy(keras.layers.Layer):
    """A body of a user's own, with noise."""

    def __init__(self, units, generator=None, **kwargs):
        super().__init__(**kwargs)
        self.hidden = keras.layers.Dense(units, activation="relu")
        self.generator = generator

    def build(self, input_shape):
        self.hidden.build(input_shape)

    def call(self, inputs, training=False):
        hidden = self.hidden(inputs)
        if training:
            hidden += keras.random.normal(
                ops.shape(hidden), seed=self.generator
            )
        return dict.fromkeys(SCHEMA.task_names, hidden)


def make_noisy(seed, units=3):
    keras.utils.set_random_seed(seed)
    generator = keras.random.SeedGenerator(seed)
    return MultiTaskModel(SCHEMA, Noisy(units, generator))


@pytest.mark.slow
def test_a_body_of_one_s_own_is_trained_as_alone():
    check_as_alone(make_noisy)


def test_each_predicts_in_its_column():
    population = ModelPopulation(functools.partial(make, "shared_bottom"), 2)
    population.compile(run_eagerly=True, jit_compile=False)
    population.initialize(SEEDS[:2])
    inputs = toy_data.make_split(7).inputs
    together = checks.to_numpy(population(inputs))
    assert not np.allclose(*together["click"].T)
    for index in range(2):
        alone = checks.to_numpy(population.network(index)(inputs))
        for task, values in alone.items():
            # A small probability is relatively as wrong as its logit is
            # absolutely, and logits are larger than 1.
            np.testing.assert_allclose(
                together[task][:, index], values[:, 0], atol=rounding()
            )


def test_classes_come_last():
    schema = toy_data.CLASS_SCHEMA
    population = ModelPopulation(
        lambda seed: tiny_models.make_model("omoe", schema, seed=seed), 2
    )
    population.initialize(SEEDS[:2])
    split = toy_data.make_split(7, schema)
    predictions = population(split.inputs)
    assert predictions["click"].shape == (7, 2, 4)
    assert predictions["stars"].shape == (7, 2)


def test_weights_by_candidate_are_assigned_back():
    build = functools.partial(make, "shared_bottom")
    population = ModelPopulation(build, 2)
    population.initialize([1, 2])
    weights = population.weights_by_candidate()
    population.initialize([3, 4])
    population.assign_by_candidate([w[::-1] for w in weights])
    population.seeds = [2, 1]
    assert_same_weights(population.network(0), build(2), 0)
    assert_same_weights(population.network(1), build(1), 0)


def test_sharing_is_that_of_each():
    population = ModelPopulation(functools.partial(make, "cross_stitch"), 2)
    population.initialize([1, 2])
    weights = population.weights_by_candidate()
    stitches = [w for w in weights if w.shape[1:] == (2, 2)]
    for stitch in stitches:
        stitch[1] = [[0.5, 0.25], [0.0, 1.0]]
    population.assign_by_candidate(weights)
    data = toy_data.make_data(SCHEMA)
    first, second = population.sharing_of_each(data.valid, 1)
    for index, found in enumerate((first, second)):
        alone = population.network(index).sharing(data.valid, 1)
        assert len(found) == len(alone) > 0
        for ours, its in zip(found, alone, strict=True):
            np.testing.assert_allclose(ours.weights, its.weights)


def test_models_with_a_training_step_of_their_own_train_alone():
    model = make(ALONE, 0)
    assert why_alone(model) == "has a training step of its own"
    with pytest.raises(ValueError, match="`build`.*RoutingNetworks, which has"):
        ModelPopulation(functools.partial(make, ALONE), 2)


def test_scaled_losses_and_constraints_train_alone():
    body = layers.SharedBottom(SCHEMA.task_names, hidden_units=(3,))
    half = MultiTaskModel(SCHEMA, body, dtype="mixed_float16")
    assert "float16" in why_alone(half)
    model = make_noisy(0)
    assert why_alone(model) is None
    model.body.hidden.kernel.constraint = keras.constraints.NonNeg()
    assert "constraint" in why_alone(model)


def test_models_must_have_one_shape():
    population = ModelPopulation(
        lambda seed: make_noisy(seed, units=3 + seed), 2
    )
    with pytest.raises(ValueError, match="`build` must return models of one"):
        population.initialize([0, 1])


def test_seeds_must_be_as_many_as_models():
    population = ModelPopulation(make_noisy, 2)
    message = re.escape("Received: seeds=[0, 1, 2]")
    with pytest.raises(ValueError, match=f"2 models. {message}"):
        population.initialize(range(3))


def test_draws_of_a_generator_that_all_would_share_are_refused():
    population = ModelPopulation(
        lambda seed: MultiTaskModel(SCHEMA, Noisy(3)), 2
    )
    population.compile(jit_compile=False)
    population.initialize([0, 1])
    with pytest.raises(ValueError, match="SeedGenerator` of its own"):
        population.fit(toy_data.make_data(SCHEMA).train, verbose=0)


def test_clipping_by_norms_is_refused():
    population = ModelPopulation(make_noisy, 2)
    with pytest.raises(ValueError, match="clip no norms.*clipnorm=1"):
        population.compile(SparseAdam(clipnorm=1.0))
