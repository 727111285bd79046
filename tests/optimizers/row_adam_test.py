import keras
import numpy as np
import pytest
import tensorflow as tf
from tolerances import assert_near

from mtnas_tf.optimizers import RowAdam

RATE, BETA_1, BETA_2, EPSILON = 0.05, 0.8, 0.95, 1e-6
SETTINGS = (RATE, BETA_1, BETA_2, EPSILON)


def make_rows(seed=0):
    rng = np.random.default_rng(seed)
    rows = keras.Variable(rng.normal(size=(3, 2, 4)).astype("float32"))
    rows.is_by_row = True
    return rows


def adam(value, gradients):
    """Kingma and Ba's algorithm 1, with epsilon as Keras has it."""
    m, v = np.zeros_like(value), np.zeros_like(value)
    for step, g in enumerate(gradients, start=1):
        m = BETA_1 * m + (1 - BETA_1) * g
        v = BETA_2 * v + (1 - BETA_2) * g**2
        correction = np.sqrt(1 - BETA_2**step) / (1 - BETA_1**step)
        value = value - RATE * correction * m / (np.sqrt(v) + EPSILON)
    return value


def slices(rows, ids, rng):
    values = rng.normal(size=(len(ids), 2, 4)).astype("float32")
    return tf.IndexedSlices(values, tf.constant(ids), tf.constant(rows.shape))


@pytest.mark.parametrize("jit_compile", [None, False, True])
def test_a_row_is_a_variable_of_its_own(jit_compile):
    rows, plain = make_rows(), keras.Variable(np.ones((4,), "float32"))
    optimizer = RowAdam(*SETTINGS)
    optimizer.build([rows, plain])

    def step(*gradients):
        optimizer.apply(list(gradients), [rows, plain])

    if jit_compile is not None:
        step = tf.function(step, jit_compile=jit_compile)
    before = rows.numpy().astype(float)
    rng = np.random.default_rng(1)
    received = {0: [], 1: [], 2: []}
    dense = []
    for row in (1, 0, 1, 1, 0, 1):
        gradient = slices(rows, [row, row], rng)  # read twice
        received[row].append(np.sum(gradient.values, axis=0))
        dense.append(rng.normal(size=4).astype("float32"))
        step(gradient, tf.constant(dense[-1]))
    for row, gradients in received.items():
        assert_near(rows[row], adam(before[row], gradients))
    np.testing.assert_array_equal(rows[2], before[2].astype("float32"))
    assert_near(plain, adam(np.ones(4), dense))


def test_a_gradient_of_all_rows_moves_all_rows():
    rows = make_rows()
    before = rows.numpy().astype(float)
    gradients = np.random.default_rng(2).normal(size=(3, *rows.shape))
    optimizer = RowAdam(*SETTINGS)
    for gradient in gradients.astype("float32"):
        optimizer.apply([tf.constant(gradient)], [rows])
    assert_near(rows, adam(before, gradients))


def test_keras_moves_other_rows_by_their_momentum():
    moved = {}
    for optimizer in (keras.optimizers.Adam(0.1), RowAdam(0.1)):
        rows = make_rows()
        before = rows.numpy()
        for row in (0, 1):
            gradient = np.zeros(rows.shape, "float32")
            gradient[row] = 1
            if isinstance(optimizer, RowAdam):
                gradient = tf.IndexedSlices(gradient[[row]], tf.constant([row]))
            optimizer.apply([gradient], [rows])
        moved[type(optimizer)] = np.abs(rows.numpy() - before)[0].max()
    assert moved[RowAdam] < 0.11
    assert moved[keras.optimizers.Adam] > 0.15


@pytest.mark.parametrize(
    "option", [{"weight_decay": 0.1}, {"clipnorm": 1.0}, {"use_ema": True}]
)
def test_what_would_reach_other_rows_is_refused(option):
    (name,) = option
    with pytest.raises(ValueError, match=f"no `{name}`.*{name}="):
        RowAdam(**option)


def test_config():
    optimizer = RowAdam(*SETTINGS)
    again = RowAdam.from_config(optimizer.get_config())
    assert again.get_config() == optimizer.get_config()
    assert (again.beta_1, again.epsilon) == (BETA_1, EPSILON)
