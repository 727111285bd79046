import keras
import numpy as np
import pytest

from mtnas_tf.layers import Gate
from mtnas_tf.layers.masked_softmax import masked_softmax

SCORES = np.random.default_rng(0).normal(0, 3, (4, 40))
MASK = np.random.default_rng(1).integers(0, 2, 40)


def softmax(scores, mask):
    exp = np.exp(scores - scores.max(axis=-1, keepdims=True)) * mask
    return exp / exp.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_is_computed_in_float32(dtype):
    scores = keras.ops.cast(SCORES, dtype)
    exact = np.asarray(keras.ops.cast(scores, "float64"))
    # Exponentials of numbers up to 10, a sum of forty.
    for mask, factor in ((None, 1), (MASK, MASK)):
        weights = masked_softmax(scores, mask)
        assert weights.dtype == "float32"
        np.testing.assert_allclose(weights, softmax(exact, factor), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_gate_rounds_its_weights_once(dtype):
    gate = Gate(dtype=f"mixed_{dtype}")
    query = np.eye(4, dtype="f")
    values = np.eye(40, dtype="f")[None].repeat(4, axis=0)
    gate.build(query.shape, values.shape)
    gate.kernel.assign(SCORES)
    exact = np.asarray(keras.ops.cast(keras.ops.cast(SCORES, dtype), "float64"))
    epsilon = {"bfloat16": 2**-8, "float16": 2**-11}[dtype]
    weights = np.asarray(keras.ops.cast(gate(query, values), "float64"))
    # Half a unit in the last place, and what float32 adds; float16 has
    # nothing below 6e-8.
    np.testing.assert_allclose(
        weights, softmax(exact, 1), rtol=epsilon * 1.01, atol=6e-8
    )
