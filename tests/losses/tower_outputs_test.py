"""Losses of what towers gave: exact, however confident a miss is."""

import numpy as np
import pytest
import tensorflow as tf

from mtnas_tf.losses import MaskedBinaryCrossentropy
from mtnas_tf.losses import MaskedCategoricalCrossentropy
from mtnas_tf.losses import MaskedMeanSquaredError
from mtnas_tf.losses.tower_outputs import tower_outputs_of
from mtnas_tf.losses.tower_outputs import with_tower_outputs

NAN = float("nan")
LOGITS = np.array([-200, -40, -17, -1, 0, 0.5, 17, 40, 200, 3], "float32")
CLASS_LOGITS = np.stack([LOGITS, np.zeros(10), -LOGITS], axis=1).astype("f")


def loss_and_gradient(loss, activate, labels, outputs, jit_compile):
    """Of the mean over rows, with respect to what the towers gave."""

    @tf.function(jit_compile=jit_compile)
    def compute(outputs):
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            predictions = with_tower_outputs(activate(outputs), outputs)
            value = loss(labels, predictions)
        return value, tape.gradient(value, outputs)

    value, gradient = compute(tf.constant(outputs))
    return value.numpy(), gradient.numpy()


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_binary(label, jit_compile):
    labels = np.full(10, label, "f")
    labels[-1] = NAN
    value, gradient = loss_and_gradient(
        MaskedBinaryCrossentropy(), tf.sigmoid, labels, LOGITS, jit_compile
    )
    z = LOGITS[:-1].astype("float64")
    signed = np.where(label == 1, -z, z)
    expected = np.mean(np.logaddexp(0, signed))
    slopes = (1 / (1 + np.exp(-z)) - label) / 9
    # Nine numbers of float32, and an exponential each.
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient[:-1], slopes, rtol=1e-5, atol=1e-8)
    assert gradient[-1] == 0
    # At a logit of 40 or -40 a miss has all its gradient.
    miss = 1 if label == 1 else 7
    np.testing.assert_allclose(abs(gradient[miss]), 1 / 9, rtol=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_multiclass(label, jit_compile):
    labels = np.full(10, label, "f")
    labels[-1] = NAN
    value, gradient = loss_and_gradient(
        MaskedCategoricalCrossentropy(),
        tf.nn.softmax,
        labels,
        CLASS_LOGITS,
        jit_compile,
    )
    z = CLASS_LOGITS[:-1].astype("float64")
    logs = z - np.logaddexp.reduce(z, axis=1, keepdims=True)
    np.testing.assert_allclose(value, -logs[:, label].mean(), rtol=1e-6)
    slopes = (np.exp(logs) - np.eye(3)[label]) / 9
    np.testing.assert_allclose(gradient[:-1], slopes, rtol=1e-5, atol=1e-8)
    assert not gradient[-1].any()


@pytest.mark.parametrize("jit_compile", [False, True])
def test_regression_is_in_units_of_the_variance(jit_compile):
    labels = np.array([5200.0, 3100.0, NAN], "f")
    outputs = np.array([0.5, -1.0, 3.0], "f")
    loss = MaskedMeanSquaredError(mean=5000.0, scale=1000.0)
    value, gradient = loss_and_gradient(
        loss, lambda z: 1000 * z + 5000, labels, outputs, jit_compile
    )
    errors = np.array([0.5 - 0.2, -1.0 + 1.9])
    np.testing.assert_allclose(value, np.mean(errors**2), rtol=1e-5)
    np.testing.assert_allclose(gradient, [*errors, 0], rtol=1e-5)
    np.testing.assert_allclose(
        loss(labels, 1000 * outputs + 5000), value, rtol=1e-5
    )
    with pytest.raises(ValueError, match="`scale` must be.*scale=0"):
        MaskedMeanSquaredError(scale=0)


def test_outputs_are_lost_with_the_tensor():
    predictions = with_tower_outputs(tf.sigmoid([2.0]), tf.constant([2.0]))
    assert tower_outputs_of(predictions).numpy() == [2.0]
    assert tower_outputs_of(predictions * 1.0) is None
    assert tower_outputs_of(predictions.numpy()) is None
    plain = tf.constant([1.0])
    assert tower_outputs_of(with_tower_outputs(plain, plain)) is None
