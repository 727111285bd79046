import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import softmax
from tolerances import assert_near

from mtnas_tf.losses import MaskedBinaryCrossentropy
from mtnas_tf.losses import MaskedCategoricalCrossentropy

NAN = float("nan")
LABELS = np.array([1, NAN, 0, 4, 4], np.float32)
LOGITS = np.random.default_rng(0).normal(size=(5, 5)).astype("f")
PROBS = np.array([softmax(row) for row in LOGITS], np.float32)
WEIGHTS = np.array([2.0, 3.0, 0.5, 1.0, 0.0], np.float32)


def reference(labels, weights):
    total, total_weight = 0.0, 0.0
    for y, p, w in zip(labels, PROBS, weights, strict=True):
        if not np.isnan(y):
            total -= w * np.log(p[int(y)])
            total_weight += w
    return total / total_weight


@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None]])
@pytest.mark.parametrize("weights", [None, WEIGHTS, WEIGHTS[:, None]])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_loss_is_the_weighted_mean_over_observed_rows(
    labels, weights, jit_compile
):
    loss = MaskedCategoricalCrossentropy()
    row_weights = np.ones(5) if weights is None else weights.ravel()
    expected = reference(LABELS, row_weights)
    compiled = tf.function(loss, jit_compile=jit_compile)
    for function in (loss, compiled):
        assert_near(function(labels, PROBS, weights), expected)


def test_without_missing_labels_it_is_that_of_keras():
    labels = np.nan_to_num(LABELS)
    expected = keras.losses.sparse_categorical_crossentropy(labels, PROBS)
    loss = MaskedCategoricalCrossentropy()(labels, PROBS)
    assert_near(loss, np.mean(expected))


def test_of_two_classes_it_is_the_binary_one():
    labels = np.array([1, NAN, 0, 0, 1], np.float32)
    positive = np.array([0.9, 0.5, 0.25, 0.5, 0.01], np.float32)
    both = np.stack([1 - positive, positive], axis=1)
    assert_near(
        MaskedCategoricalCrossentropy()(labels, both, WEIGHTS),
        MaskedBinaryCrossentropy()(labels, positive, WEIGHTS),
    )


def test_further_axes_are_rows():
    loss = MaskedCategoricalCrossentropy()
    labels = np.stack([LABELS, LABELS[::-1]], axis=1)
    probs = np.stack([PROBS, PROBS], axis=1)
    weights = np.stack([WEIGHTS, WEIGHTS], axis=1)
    flat = np.concatenate(labels), np.concatenate(probs)
    assert_near(
        loss(labels, probs, weights),
        loss(*flat, np.concatenate(weights)),
    )


@pytest.mark.parametrize("prediction", [0.2, 1e30, NAN, float("inf")])
def test_a_prediction_without_label_never_reaches_the_gradient(prediction):
    probs = PROBS.copy()
    probs[1] = prediction
    probs = tf.constant(probs)
    with tf.GradientTape() as tape:
        tape.watch(probs)
        loss = MaskedCategoricalCrossentropy()(LABELS, probs, WEIGHTS)
    assert_near(loss, reference(LABELS, WEIGHTS))
    expected = np.zeros_like(PROBS)
    for row in (0, 2, 3):
        label = int(LABELS[row])
        expected[row, label] = -WEIGHTS[row] / PROBS[row, label] / 3.5
    assert_near(tape.gradient(loss, probs), expected)


def test_without_an_observed_row_loss_and_gradient_are_zero():
    probs = tf.constant(PROBS)
    with tf.GradientTape() as tape:
        tape.watch(probs)
        loss = MaskedCategoricalCrossentropy()(np.full(5, NAN), probs)
    assert loss == 0
    np.testing.assert_array_equal(tape.gradient(loss, probs), 0 * PROBS)


def test_a_confident_miss_still_learns():
    logits = tf.constant([[0.0, 40.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = MaskedCategoricalCrossentropy()([2.0], tf.nn.softmax(logits))
    assert_near(loss, 40.0)
    assert_near(tape.gradient(loss, logits), [[0, 1, -1]])


def test_least_probability():
    loss = MaskedCategoricalCrossentropy()([0.0], [[0.0, 1.0]])
    assert_near(loss, -np.log(1e-30))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_predictions_are_taken_as_float32(dtype):
    loss = MaskedCategoricalCrossentropy()(
        [1.0], tf.constant([[0.5, 0.25, 0.25]], dtype)
    )
    assert loss.dtype == tf.float32
    assert_near(loss, np.log(4))


def test_serialisation_round_trip():
    loss = MaskedCategoricalCrossentropy(name="color_loss")
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(copy, MaskedCategoricalCrossentropy)
    assert copy.name == "color_loss"
