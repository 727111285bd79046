"""A number that is no label makes the loss NaN: no step can raise."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from tolerances import assert_near

from mtnas_tf.losses import MaskedBinaryCrossentropy
from mtnas_tf.losses import MaskedCategoricalCrossentropy
from mtnas_tf.losses import MaskedMeanSquaredError
from mtnas_tf.losses.tower_outputs import with_tower_outputs

NAN = float("nan")
INF = float("inf")
LOGITS = np.array([[0.5, -1.0, 0.25], [1.5, 0.0, -0.5]], "f")
CASES = [
    (MaskedBinaryCrossentropy(), tf.sigmoid, LOGITS[:, :1], (-1, 2, 0.3, INF)),
    (MaskedMeanSquaredError(), lambda x: x + 0, LOGITS[:, :1], (INF, -INF)),
    (
        MaskedCategoricalCrossentropy(),
        tf.nn.softmax,
        LOGITS,
        (-1, 3, 0.3, 1e9, INF),
    ),
]
WRONG = [
    pytest.param(*case[:3], label, id=f"{case[0].name} {label}")
    for case in CASES
    for label in case[3]
]


@functools.cache
def compiled_step(loss, activation, keeps_logits):
    """Compiled once for all labels."""

    @tf.function(jit_compile=True)
    def step(logits, labels, weights):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            predictions = activation(logits)
            if keeps_logits:
                predictions = with_tower_outputs(predictions, logits)
            value = loss(labels, predictions, weights)
        return value, tape.gradient(value, logits)

    return step


def loss_and_gradient(loss, activation, logits, labels, weights, keeps_logits):
    """Of a compiled step."""
    arrays = [
        values if values is None else tf.constant(values, tf.float32)
        for values in (logits, labels, weights)
    ]
    return compiled_step(loss, activation, keeps_logits)(*arrays)


@pytest.mark.parametrize("keeps_logits", [False, True])
@pytest.mark.parametrize(("loss", "activation", "logits", "label"), WRONG)
def test_a_wrong_label_is_seen(loss, activation, logits, label, keeps_logits):
    rest = (loss, activation, logits)
    for weights in (None, [2.0, 0.5]):
        value, gradient = loss_and_gradient(
            *rest, [1.0, label], weights, keeps_logits
        )
        assert np.isnan(value)
        assert np.isfinite(gradient).all()  # the network is not lost
    # It may be anything where it does not count.
    value, gradient = loss_and_gradient(
        *rest, [1.0, label], [2.0, 0.0], keeps_logits
    )
    alone, _ = loss_and_gradient(*rest, [1.0, NAN], None, keeps_logits)
    assert_near(value, alone)
    assert not np.asarray(gradient)[1].any()


@pytest.mark.parametrize("weight", [-1.0, NAN, INF])
@pytest.mark.parametrize(
    ("loss", "activation", "logits"), [case[:3] for case in CASES]
)
def test_a_wrong_weight_is_seen(loss, activation, logits, weight):
    rest = (loss, activation, logits)
    value, _ = loss_and_gradient(*rest, [1.0, 1.0], [1.0, weight], True)
    assert np.isnan(value)
    value, _ = loss_and_gradient(*rest, [1.0, NAN], [1.0, weight], True)
    assert np.isfinite(value)
