import keras
import numpy as np
import pytest
import tensorflow as tf
from tolerances import assert_near

from mtnas_tf.losses import MaskedMeanSquaredError

NAN = float("nan")
LABELS = np.array([1.5, NAN, -2.0, 0.0], np.float32)
PREDICTIONS = np.array([[1.0], [9.0], [1.0], [-3.0]], np.float32)
WEIGHTS = np.array([2.0, 3.0, 0.5, 1.0], np.float32)


def reference(weights):
    total, total_weight = 0.0, 0.0
    for y, p, w in zip(LABELS, PREDICTIONS[:, 0], weights, strict=True):
        if not np.isnan(y):
            total += w * (y - p) ** 2
            total_weight += w
    return total / total_weight


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_loss_is_the_weighted_mean_over_observed_rows(weights, jit_compile):
    loss = MaskedMeanSquaredError()
    expected = reference(np.ones(4) if weights is None else weights)
    compiled = tf.function(loss, jit_compile=jit_compile)
    for function in (loss, compiled):
        assert_near(function(LABELS, PREDICTIONS, weights), expected)


@pytest.mark.parametrize("prediction", [1e30, NAN, float("inf")])
def test_a_prediction_without_label_never_reaches_the_gradient(prediction):
    predictions = PREDICTIONS.copy()
    predictions[1] = prediction
    predictions = tf.constant(predictions)
    with tf.GradientTape() as tape:
        tape.watch(predictions)
        loss = MaskedMeanSquaredError()(LABELS, predictions)
    assert_near(loss, reference(np.ones(4)))
    # d/dp of the mean over three rows of (p - y)^2.
    assert_near(
        tape.gradient(loss, predictions)[:, 0],
        [2 * -0.5 / 3, 0, 2 * 3 / 3, 2 * -3 / 3],
    )


def test_without_an_observed_row_the_loss_is_zero():
    assert MaskedMeanSquaredError()(np.full(4, NAN), PREDICTIONS) == 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_predictions_do_not_overflow(dtype):
    loss = MaskedMeanSquaredError()([0.0], tf.constant([512.0], dtype))
    assert loss.dtype == tf.float32
    assert loss == 512.0**2


def test_serialisation_round_trip():
    config = keras.losses.serialize(MaskedMeanSquaredError(name="rating_loss"))
    copy = keras.losses.deserialize(config)
    assert isinstance(copy, MaskedMeanSquaredError)
    assert copy.name == "rating_loss"
