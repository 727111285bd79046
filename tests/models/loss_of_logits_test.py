"""Every model trains on its logits, in the labels' own units."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data
from exhaustive import all_but

from export import export_model
from export.serving import Predictor
from mtnas_tf.data import TaskSpec
from mtnas_tf.derive import build_model
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.models import MODELS
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import SearchModel
from mtnas_tf.search.candidates import validation_score
from mtnas_tf.search.supernet.rewards import auc_sum
from mtnas_tf.search.supernet.rewards import negative_loss

MEAN, SCALE = 5000.0, 1000.0
KINDS = {
    "binary": TaskSpec(name="y"),
    "multiclass": TaskSpec(name="y", kind="multiclass", num_classes=3),
}
# Towers or a loss of their own; the others' are those of mmoe.
DISTINCT = ("mmoe", "mtnas", "esmm", "aitm", "stem_net")
ROWS = toy_data.make_split(8)
INPUTS = ROWS.inputs


def with_task(task):
    return dataclasses.replace(toy_data.SCHEMA, tasks=(toy_data.CLICK, task))


def make_model(name, schema, **kwargs):
    keras.utils.set_random_seed(2)
    sizes = {"mtnas": {"num_subnetworks": 2}}
    kwargs = {"table_initializer": "random_normal"} | kwargs
    return MODELS[name](
        schema, **toy_data.widths(name, 3), **sizes.get(name, {}), **kwargs
    )


def make_population(schema, **kwargs):
    keras.utils.set_random_seed(2)
    space = RouteSpace(schema.task_names, 1, 2)
    population = RoutePopulation(
        schema,
        space,
        num_candidates=2,
        units=3,
        table_initializer="random_normal",
        **kwargs,
    )
    population.initialize([space.full_route()] * 2, seeds=range(2))
    return population


def confident(model, logit):
    """The tower of `y` gives one class, or 1, the logit whatever it reads."""
    if isinstance(model, RoutePopulation):
        start = model.schema.num_outputs["click"]
        body = model.body
        kernel, bias = body.tower_kernel.numpy(), body.tower_bias.numpy()
        kernel[:, start:] = 0
        bias[:, start] = logit
        body.tower_kernel.assign(kernel)
        body.tower_bias.assign(bias)
        return body.tower_bias, (slice(None), start)
    tower = model.towers.output_layers["y"]
    tower.kernel.assign(np.zeros(tower.kernel.shape))
    bias = np.zeros(tower.units)
    bias[0] = logit
    tower.bias.assign(bias)
    return tower.bias, (0,)


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("binary", "mixed_bfloat16"),
        pytest.param("binary", "float32", marks=pytest.mark.slow),
        pytest.param("multiclass", "mixed_bfloat16", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("name", [*all_but(DISTINCT, MODELS), "population"])
def test_a_confident_miss_has_its_gradient(name, kind, dtype):
    schema = with_task(KINDS[kind])
    make = make_population if name == "population" else None
    model = (
        make(schema, dtype=dtype)
        if make
        else make_model(name, schema, dtype=dtype)
    )
    model.compile(keras.optimizers.SGD(0.5), jit_compile=False)
    for logit in (-40.0, 40.0):
        bias, place = confident(model, logit)
        label = float(logit < 0)
        if kind == "multiclass":  # the class whose logit it is, or another
            label = 0.0 if logit < 0 else 1.0
        labels = {
            "click": np.zeros((8, 1), "f"),
            "y": np.full((8, 1), label, "f"),
        }
        before = bias.numpy()[place]
        with tf.GradientTape() as tape:
            outputs = model(INPUTS, training=True)
            loss = model.compute_loss(INPUTS, labels, outputs)
        gradient = tape.gradient(loss, bias.value).numpy()[place]
        assert np.all(before == logit)
        # A mean over rows; one gradient a candidate.
        np.testing.assert_allclose(np.abs(gradient), 1.0, rtol=1e-5)


@pytest.mark.parametrize(
    "jit_compile", [False, pytest.param(True, marks=pytest.mark.slow)]
)
def test_a_compiled_step_learns_from_a_confident_miss(jit_compile):
    model = make_model("shared_bottom", with_task(KINDS["binary"]))
    bias, place = confident(model, 40.0)
    labels = {"click": np.zeros((8, 1), "f"), "y": np.zeros((8, 1), "f")}
    model.compile(keras.optimizers.SGD(0.5), jit_compile=jit_compile)
    logs = model.train_on_batch(INPUTS, labels, return_dict=True)
    np.testing.assert_allclose(bias.numpy()[place], 39.5, rtol=1e-6)
    np.testing.assert_allclose(logs["y_loss"], 40.0, rtol=1e-6)


def test_a_search_learns_from_a_confident_miss():
    search = SearchModel(make_model("mtnas", with_task(KINDS["binary"])))
    bias, place = confident(search.supernet, 40.0)
    labels = {"click": ROWS.labels["click"], "y": np.zeros((8, 1), "f")}
    search.compile(
        keras.optimizers.SGD(0.5), run_eagerly=True, jit_compile=False
    )
    batch = (INPUTS, labels)
    search.fit(tf.data.Dataset.from_tensors((batch, batch)), verbose=0)
    np.testing.assert_allclose(bias.numpy()[place], 39.5, rtol=1e-6)


# A regression in other units.

STARS = toy_data.STARS
SECONDS = dataclasses.replace(STARS, mean=MEAN, scale=SCALE)
PLAIN, SCALED = (with_task(task) for task in (STARS, SECONDS))
LABELS = ROWS.labels
SECOND_LABELS = {
    "click": LABELS["click"],
    "stars": (SCALE * LABELS["stars"] + MEAN).astype("f"),
}


def train(model, labels):
    model.compile(
        keras.optimizers.SGD(0.05), run_eagerly=True, jit_compile=False
    )
    logs = model.fit(
        INPUTS, labels, batch_size=4, epochs=3, shuffle=False, verbose=0
    ).history
    results = model.evaluate(INPUTS, labels, return_dict=True)
    return logs, results, model.predict(INPUTS, verbose=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["single_task", "mtnas", "population"])
def test_units_of_a_label_change_nothing(name):
    make = (
        make_population
        if name == "population"
        else lambda schema: make_model(name, schema)
    )
    plain, scaled = make(PLAIN), make(SCALED)
    scaled.set_weights(plain.get_weights())
    logs, results, predictions = train(plain, LABELS)
    logs2, results2, predictions2 = train(scaled, SECOND_LABELS)
    # Labels of 5000 in float32 are exact to 2e-7 of a deviation of theirs
    # times five; six steps.
    for ours, its in zip(
        plain.get_weights(), scaled.get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours, its, rtol=1e-4, atol=1e-5)
    for key, values in logs.items():
        np.testing.assert_allclose(logs2[key], values, rtol=1e-4)
    np.testing.assert_allclose(
        predictions2["stars"], SCALE * predictions["stars"] + MEAN, rtol=1e-5
    )
    np.testing.assert_allclose(results2["loss"], results["loss"], rtol=1e-4)
    np.testing.assert_allclose(
        results2["stars_mse"], SCALE**2 * results["stars_mse"], rtol=1e-4
    )
    np.testing.assert_allclose(
        results2["stars_mae"], SCALE * results["stars_mae"], rtol=1e-4
    )
    score, score2 = (
        validation_score(
            schema.tasks,
            {
                "click": {"auc": found["click_auc"]},
                "stars": {"mse": found["stars_mse"]},
            },
        )
        for schema, found in ((PLAIN, results), (SCALED, results2))
    )
    np.testing.assert_allclose(score2, score, rtol=1e-4)


def test_loss_of_metrics_is_in_units_of_the_variance():
    metrics = {"click": {"log_loss": 0.25}, "stars": {"mse": 2 * SCALE**2}}
    assert mtl_loss(SCALED.tasks, metrics) == 2.25


@pytest.mark.parametrize("reward", [auc_sum, negative_loss])
def test_rewards_are_in_units_of_the_variance(reward):
    logits = {
        name: np.random.default_rng(0).normal(size=(3, 8)).astype("f")
        for name in PLAIN.task_names
    }
    rewards = [
        reward(schema.tasks, {k: y[:, 0] for k, y in labels.items()}, logits)[0]
        for schema, labels in ((PLAIN, LABELS), (SCALED, SECOND_LABELS))
    ]
    np.testing.assert_allclose(*rewards, rtol=1e-5)


@pytest.mark.slow
def test_networks_and_exports_are_in_the_labels_units(tmp_path):
    supernet = make_model("mtnas", SCALED, normalization="layer")
    derived = build_model(supernet, supernet.space.route([0] * 2 * 2))
    supernet.policy.pin([0] * 4)
    models = [derived, make_model("single_task", SCALED)]
    outputs = supernet(INPUTS)["stars"]
    np.testing.assert_allclose(derived(INPUTS)["stars"], outputs, rtol=1e-5)
    population = make_population(SCALED)
    np.testing.assert_allclose(
        population.network(1)(INPUTS)["stars"][:, 0],
        population(INPUTS)["stars"][:, 1],
        rtol=1e-5,
    )
    for index, model in enumerate((*models, supernet)):
        predictions = model.predict(INPUTS, verbose=0)
        assert abs(predictions["stars"].mean() - MEAN) < SCALE
        export_model(model, tmp_path / str(index), formats=("onnx",))
        served = Predictor(tmp_path / str(index)).predict_ids(
            INPUTS["ids"], INPUTS["values"]
        )
        np.testing.assert_allclose(
            served["stars"], predictions["stars"][:, 0], rtol=1e-5
        )
    derived.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.schema == SCALED
    np.testing.assert_array_equal(
        loaded(INPUTS)["stars"], derived(INPUTS)["stars"]
    )
