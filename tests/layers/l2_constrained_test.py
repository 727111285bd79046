"""Networks drawn together by a penalty: its value, and its limiting cases."""

import itertools

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data
from tolerances import assert_near

from mtnas_tf.layers import L2Constrained
from mtnas_tf.layers import SharedBottom
from mtnas_tf.layers import SingleTask
from mtnas_tf.models import MODELS

TASKS = ("click", "like", "buy")
ROOT = np.random.default_rng(0).normal(size=(4, 3)).astype("f")
SIZES = {"hidden_units": (6, 5), "normalization": "layer"}


def make(**kwargs):
    body = L2Constrained(TASKS, **(SIZES | kwargs))
    body.build(ROOT.shape)
    checks.randomize(body)
    return body


def network_of(body, index):
    """The weights of a task's hidden layers."""
    return [w.numpy()[index] for w in body.networks.trainable_weights]


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_the_penalty_is_the_distance_of_all_pairs(dtype):
    body = make(l2_weight=0.3, stem_units=7, dtype=dtype)
    body(ROOT, training=True)
    expected = 0.0
    for s, t in itertools.combinations(range(len(TASKS)), 2):
        pairs = zip(network_of(body, s), network_of(body, t), strict=True)
        expected += sum(np.sum((a - b) ** 2) for a, b in pairs)
    assert_near(sum(body.losses), 0.3 * expected)


def test_without_penalty_the_networks_are_those_of_single_tasks():
    body, single = make(l2_weight=0.0), SingleTask(TASKS, **SIZES)
    single.build(dict.fromkeys(TASKS, ROOT.shape))
    for index, its in enumerate(single.bodies.values()):
        ones = [w[None] for w in network_of(body, index)]
        its.bottom.set_weights(ones)
    outputs = body(ROOT)
    assert not body.losses
    expected = single(dict.fromkeys(TASKS, ROOT))
    checks.assert_close(checks.to_numpy(outputs), checks.to_numpy(expected))


def test_equal_networks_are_a_shared_bottom_without_penalty():
    body, shared = make(), SharedBottom(TASKS, **SIZES)
    shared.build(ROOT.shape)
    for weight in body.networks.weights:
        weight.assign(np.broadcast_to(weight[:1], weight.shape))
    shared.bottom.set_weights([w[None] for w in network_of(body, 0)])
    outputs = body(ROOT)
    assert_near(sum(body.losses), 0.0, scale=1.0)
    checks.assert_close(checks.to_numpy(outputs), checks.to_numpy(shared(ROOT)))


def test_the_penalty_draws_the_networks_together():
    body = make(l2_weight=1.0, stem_units=7)
    stem = [w.numpy() for w in body.stem.weights]
    optimizer = keras.optimizers.SGD(0.1)
    before = float(sum(body.losses))
    for _ in range(20):
        with tf.GradientTape() as tape:
            loss = sum(body.losses)
        weights = body.networks.trainable_weights
        optimizer.apply(tape.gradient(loss, weights), weights)
    assert float(sum(body.losses)) < 1e-3 * before
    # Hidden layers of tasks alone are drawn.
    for weight, value in zip(body.stem.weights, stem, strict=True):
        np.testing.assert_array_equal(weight, value)


def test_a_loaded_body_has_its_penalty(tmp_path):
    body = make(l2_weight=0.3)
    inputs = keras.Input(batch_shape=(None, 3))
    keras.Model(inputs, body(inputs)).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_near(sum(loaded.losses), sum(body.losses))


@pytest.mark.slow
def test_a_model_s_loss_has_the_penalty():
    rows = toy_data.make_split(8, toy_data.BINARY_SCHEMA)
    losses = []
    for l2_weight in (0.0, 0.5):
        keras.utils.set_random_seed(0)
        model = MODELS["l2_constrained"](
            toy_data.BINARY_SCHEMA, hidden_units=(3,), l2_weight=l2_weight
        )
        penalty = float(sum(model.losses))
        model.compile(keras.optimizers.SGD(0.1), jit_compile=False)
        logs = model.train_on_batch(rows.inputs, rows.labels, return_dict=True)
        losses.append(logs["loss"] - penalty)
    assert penalty > 0
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    # What `evaluate` reports is the loss of the tasks.
    results = model.evaluate(rows.inputs, rows.labels, return_dict=True)
    parts = [results[f"{task}_log_loss"] for task in ("click", "buy")]
    assert results["loss"] == pytest.approx(sum(parts))


def test_a_single_task_has_no_penalty():
    body = L2Constrained(["click"], **SIZES)
    body(ROOT, training=True)
    assert float(sum(body.losses)) == 0
