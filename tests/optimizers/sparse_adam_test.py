"""SparseAdam against dense Adam written in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mtnas_tf.optimizers import SparseAdam

ROWS, DIM, STEPS = 23, 3, 300


def dense_adam(table, batches, learning_rate, decay=0.0):
    """Adam as in the paper's section 2, every row at every step."""
    w = table.astype(np.float64).copy()
    m, v = np.zeros_like(w), np.zeros_like(w)
    for step, (ids, grads) in enumerate(batches, start=1):
        g = np.zeros_like(w)
        for i, row in zip(ids, grads, strict=True):
            g[i] += row
        for i in set(ids):
            g[i] += decay * w[i]
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        rate = (
            learning_rate(step - 1) * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        )
        w -= rate * m / (np.sqrt(v) + 1e-7)
    return w


def random_batches(hot_rows=0, seed=0):
    """Batches of 7 ids with duplicates; rows < hot_rows are in every one."""
    rng = np.random.default_rng(seed)
    for _ in range(STEPS):
        ids = rng.integers(0, ROWS, 7)
        ids[:hot_rows] = np.arange(hot_rows)
        ids[-1] = ids[0]
        yield ids.astype(np.int32), rng.normal(size=(7, DIM)).astype("f")


def make_table(seed=0):
    values = np.random.default_rng(seed).normal(size=(ROWS, DIM)).astype("f")
    table = keras.Variable(values, name="table")
    table.is_table = True
    return table, values


def train(table, batches, optimizer, jit_compile=False):
    optimizer.build([table])

    @tf.function(jit_compile=jit_compile)
    def step(ids, grads):
        optimizer.apply([tf.IndexedSlices(grads, ids)], [table])

    for ids, grads in batches:
        step(ids, grads)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_exact_follows_dense_adam(jit_compile):
    table, start = make_table()
    batches = list(random_batches())
    optimizer = SparseAdam(1e-3)
    train(table, batches, optimizer, jit_compile)
    optimizer.finalize_variable_values([table])
    expected = dense_adam(start, batches, lambda step: 1e-3)
    np.testing.assert_allclose(table.numpy(), expected, atol=1e-5)


def test_exact_takes_batches_of_unknown_size():
    table, start = make_table()
    batches = [
        (ids[: 3 + index % 4], grads[: 3 + index % 4])
        for index, (ids, grads) in enumerate(random_batches())
    ]
    optimizer = SparseAdam(1e-3)
    optimizer.build([table])

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None, DIM]),
        ]
    )
    def step(ids, grads):
        optimizer.apply([tf.IndexedSlices(grads, ids)], [table])

    for ids, grads in batches:
        step(ids, grads)
    optimizer.finalize_variable_values([table])
    expected = dense_adam(start, batches, lambda step: 1e-3)
    np.testing.assert_allclose(table.numpy(), expected, atol=1e-5)


def test_exact_follows_a_learning_rate_schedule():
    table, start = make_table()
    batches = list(random_batches())
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-2, 50, 0.5)
    optimizer = SparseAdam(schedule)
    train(table, batches, optimizer)
    optimizer.finalize_variable_values([table])
    expected = dense_adam(
        start, batches, lambda step: 1e-2 * 0.5 ** (step / 50)
    )
    np.testing.assert_allclose(table.numpy(), expected, atol=1e-5)


def test_exact_reads_what_dense_adam_reads():
    table, start = make_table()
    batches = list(random_batches())
    optimizer = SparseAdam(1e-3)
    train(table, batches, optimizer)
    before = table.numpy()
    ids = np.array([[4, 4], [9, 0]])
    rows = before[ids] + optimizer.missed_movement(table, ids)
    expected = dense_adam(start, batches, lambda step: 1e-3)
    np.testing.assert_allclose(rows, expected[ids], atol=1e-5)
    np.testing.assert_array_equal(table.numpy(), before)


@pytest.mark.parametrize("semantics", ["lazy", "exact"])
def test_nothing_is_missed_by_lazy_steps_or_before_the_first(semantics):
    table, _ = make_table()
    optimizer = SparseAdam(1e-3, semantics=semantics)
    assert np.all(optimizer.missed_movement(table, np.array([2, 1])) == 0)
    optimizer.build([table])
    assert np.all(optimizer.missed_movement(table, np.array([2, 1])) == 0)


def test_sparse_gradients_of_other_variables_are_summed():
    table, start = make_table()
    table.is_table = False
    batches = list(random_batches())
    train(table, batches, SparseAdam(1e-3))
    expected = dense_adam(start, batches, lambda step: 1e-3)
    np.testing.assert_allclose(table.numpy(), expected, atol=1e-5)


def test_lazy_equals_dense_adam_on_rows_in_every_batch():
    table, start = make_table()
    batches = list(random_batches(hot_rows=4))
    train(table, batches, SparseAdam(1e-3, semantics="lazy"))
    expected = dense_adam(start, batches, lambda step: 1e-3)
    np.testing.assert_allclose(table.numpy()[:4], expected[:4], atol=1e-5)
    assert np.abs(table.numpy()[4:] - expected[4:]).max() > 1e-3


def test_weight_decay_touches_only_the_rows_of_the_batch():
    table, start = make_table()
    batches = list(random_batches())
    optimizer = SparseAdam(1e-3, weight_decay=0.1)
    train(table, batches, optimizer)
    optimizer.finalize_variable_values([table])
    expected = dense_adam(start, batches, lambda step: 1e-3, decay=0.1)
    np.testing.assert_allclose(table.numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("semantics", ["lazy", "exact"])
def test_rows_never_in_a_batch_stay_bit_identical(semantics):
    table, start = make_table()
    ids, grads = np.array([3, 5], np.int32), np.ones((2, DIM), "f")
    optimizer = SparseAdam(weight_decay=0.5, semantics=semantics)
    train(table, [(ids, grads)] * 5, optimizer)
    optimizer.finalize_variable_values([table])
    others = np.delete(np.arange(ROWS), ids)
    np.testing.assert_array_equal(table.numpy()[others], start[others])


def test_dense_weights_get_keras_adam():
    rng = np.random.default_rng(0)
    start = rng.normal(size=(4, 3)).astype("f")
    ours, reference = keras.Variable(start), keras.Variable(start)
    optimizers = SparseAdam(1e-2), keras.optimizers.Adam(1e-2)
    for _ in range(10):
        gradient = tf.constant(rng.normal(size=(4, 3)).astype("f"))
        for variable, optimizer in zip(
            (ours, reference), optimizers, strict=True
        ):
            optimizer.apply([gradient], [variable])
    np.testing.assert_array_equal(ours.numpy(), reference.numpy())


def test_dense_rows_without_gradient_are_not_decayed():
    weights = keras.Variable(np.ones((2, 3), "f"))
    gradient = tf.constant([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    optimizer = SparseAdam(1e-2, weight_decay=0.1)
    optimizer.apply([gradient], [weights])
    np.testing.assert_array_equal(weights.numpy()[0], 1.0)
    assert (weights.numpy()[1] < 1.0).all()


def test_saved_state_resumes_the_same_trajectory():
    batches = list(random_batches())
    straight, _ = make_table()
    train(straight, batches, SparseAdam())
    table, _ = make_table()
    first = SparseAdam()
    train(table, batches[:100], first)
    second = SparseAdam.from_config(first.get_config())
    second.build([table])
    store = {}
    first.save_own_variables(store)
    second.load_own_variables(store)
    train(table, batches[100:], second)
    np.testing.assert_array_equal(table.numpy(), straight.numpy())


def test_config_round_trip():
    optimizer = SparseAdam(0.3, weight_decay=0.2, semantics="lazy", beta_2=0.5)
    copy = SparseAdam.from_config(optimizer.get_config())
    assert copy.get_config() == optimizer.get_config()


@pytest.mark.parametrize(
    ("kwargs", "name"),
    [({"semantics": "dense"}, "semantics"), ({"weight_decay": -1}, "decay")],
)
def test_wrong_arguments_are_named(kwargs, name):
    with pytest.raises(ValueError, match=name):
        SparseAdam(**kwargs)
