"""SparseAdam against dense Adam written in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from dense_adam import DenseAdam
from tolerances import assert_near

from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.optimizers import Table
from mtnas_tf.optimizers import exact_table_adam

ROWS, DIM, STEPS = 23, 3, 300


def dense_adam(table, batches, learning_rate, decay=0.0):
    """Adam as in the paper's section 2, every row at every step."""
    adam = DenseAdam([table], decays=[decay])
    for step, batch in enumerate(batches):
        adam.step({0: batch}, learning_rate(step))
    return adam.weights[0]


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
    table = Table(values, name="table")
    return table, values


def train(table, batches, optimizer, jit_compile=False):
    if not optimizer.built:
        optimizer.build([table])

    @tf.function(jit_compile=jit_compile)
    def step(ids, grads):
        gradient = tf.IndexedSlices(grads, ids, table.shape)
        optimizer.apply([gradient], [table])

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
    assert_near(table.numpy(), expected)


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
    assert_near(table.numpy(), expected)


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
    assert_near(table.numpy(), expected)


def test_rows_may_stay_away_for_longer_than_the_ring():
    """Rates change, so that another step's slot would be a wrong movement."""
    rng = np.random.default_rng(0)
    start = rng.normal(size=(1000, 2)).astype("f")
    table = Table(start)
    batches = [
        (
            rng.integers(0, 1000 if step % 300 < 3 else 5, 20).astype("int32"),
            rng.normal(size=(20, 2)).astype("f"),
        )
        for step in range(900)
    ]
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-2, 50, 0.5)
    optimizer = SparseAdam(schedule)
    train(table, batches, optimizer)
    ring = next(v for v in optimizer.variables if v.name == "ring")
    assert ring.shape[0] < 300
    read = table.rows(np.arange(1000)).numpy()
    expected = dense_adam(
        start, batches, lambda step: 1e-2 * 0.5 ** (step / 50)
    )
    np.testing.assert_allclose(read, expected, rtol=1e-5, atol=1e-6)


def test_exact_reads_what_dense_adam_reads():
    table, start = make_table()
    batches = list(random_batches())
    train(table, batches, SparseAdam(1e-3))
    stored = table.stored.numpy()
    ids = np.array([[4, 4], [9, 0]])
    expected = dense_adam(start, batches, lambda step: 1e-3)
    assert_near(table.rows(ids), expected[ids])
    np.testing.assert_array_equal(table.stored.numpy(), stored)


def test_nothing_is_missed_by_lazy_steps():
    table, _ = make_table()
    train(table, list(random_batches()), SparseAdam(semantics="lazy"))
    ids = np.array([2, 1])
    stored = table.stored.numpy()
    np.testing.assert_array_equal(table.rows(ids), stored[ids])
    np.testing.assert_array_equal(table.numpy(), stored)


def test_sparse_gradients_of_other_variables_are_summed():
    _, start = make_table()
    table = keras.Variable(start)
    batches = list(random_batches())
    train(table, batches, SparseAdam(1e-3))
    expected = dense_adam(start, batches, lambda step: 1e-3)
    assert_near(table.numpy(), expected)


def test_lazy_equals_dense_adam_on_rows_in_every_batch():
    table, start = make_table()
    batches = list(random_batches(hot_rows=4))
    train(table, batches, SparseAdam(1e-3, semantics="lazy"))
    expected = dense_adam(start, batches, lambda step: 1e-3)
    assert_near(table.numpy()[:4], expected[:4])
    assert np.abs(table.numpy()[4:] - expected[4:]).max() > 1e-3


def test_weight_decay_touches_only_the_rows_of_the_batch():
    table, start = make_table()
    batches = list(random_batches())
    optimizer = SparseAdam(1e-3, weight_decay=0.1)
    train(table, batches, optimizer)
    optimizer.finalize_variable_values([table])
    expected = dense_adam(start, batches, lambda step: 1e-3, decay=0.1)
    assert_near(table.numpy(), expected)


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


def test_elements_without_gradient_are_not_decayed():
    """What is decayed does not depend on what an axis stands for."""
    weights = keras.Variable(np.ones((2, 3), "f"))
    gradient = tf.constant([[0.0, 0.0, 0.0], [0.0, 1e-3, 0.0]])
    optimizer = SparseAdam(1e-2, weight_decay=0.1)
    optimizer.apply([gradient], [weights])
    is_moved = weights.numpy() < 1.0
    np.testing.assert_array_equal(is_moved, gradient != 0)


def test_a_step_that_is_not_finite_is_none():
    table, start = make_table()
    batches = list(random_batches())[:20]
    optimizer = keras.optimizers.LossScaleOptimizer(
        SparseAdam(1e-2), initial_scale=1.0
    )
    ids, gradients = batches[0]
    infinite = [(ids, np.inf * gradients)]
    train(table, batches[:10], optimizer)
    train(table, infinite, optimizer)
    optimizer.dynamic_scale.assign(1.0)  # it was halved
    train(table, batches[10:], optimizer)
    expected = dense_adam(start, batches, lambda step: 1e-2)
    np.testing.assert_allclose(table.numpy(), expected, rtol=1e-4, atol=1e-5)


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
    # To be saved, rows are settled, which takes their missed steps in two.
    np.testing.assert_allclose(table.numpy(), straight.numpy(), rtol=1e-5)


def test_config_round_trip():
    optimizer = SparseAdam(0.3, weight_decay=0.2, semantics="lazy", beta_2=0.5)
    copy = SparseAdam.from_config(optimizer.get_config())
    assert copy.get_config() == optimizer.get_config()
    none = SparseAdam(0.3, weight_decay=None)  # as Keras says it
    assert none.get_config() == SparseAdam(0.3).get_config()


@pytest.mark.parametrize(
    ("kwargs", "name"),
    [
        ({"semantics": "dense"}, "`semantics` must.*semantics='dense'"),
        ({"learning_rate": -0.1}, "`learning_rate` must.*learning_rate=-0.1"),
        ({"learning_rate": np.nan}, "`learning_rate` must.*learning_rate=nan"),
        ({"weight_decay": -1}, "`weight_decay` must be.*weight_decay=-1"),
        ({"weight_decay": np.nan}, "`weight_decay` must be.*weight_decay=nan"),
        ({"weight_decay": "l2"}, "`weight_decay` must be.*weight_decay='l2'"),
        ({"epsilon": 0.0}, "`epsilon` must be a finite.*epsilon=0.0"),
        ({"epsilon": np.nan}, "`epsilon` must be a finite.*epsilon=nan"),
        ({"epsilon": "small"}, "`epsilon` must be a finite.*epsilon='small'"),
        ({"beta_1": -0.1}, "`beta_1` must lie in.*beta_1=-0.1"),
        ({"beta_1": "0.9"}, "`beta_1` must lie in.*beta_1='0.9'"),
        ({"beta_2": 1.0}, "`beta_2` must lie in.*beta_2=1.0"),
        ({"clipnorm": -1.0}, "`clipnorm` must be a finite.*clipnorm=-1.0"),
        ({"clipvalue": "1"}, "`clipvalue` must be a finite.*clipvalue='1'"),
        ({"use_ema": True}, "has no `use_ema`.*use_ema=True"),
        ({"amsgrad": True}, "has no `amsgrad`.*amsgrad=True"),
        (
            {"gradient_accumulation_steps": 2},
            "has no `gradient_accumulation_steps`.*steps=2",
        ),
        ({"beta_1": 0.95, "beta_2": 0.9}, "`beta_1` must.*beta_2=0.9"),
        ({"beta_1": 0.9, "beta_2": 0.9}, "`beta_1` must.*beta_2=0.9"),
    ],
)
def test_wrong_arguments_are_named(kwargs, name):
    with pytest.raises(ValueError, match=name):
        SparseAdam(**kwargs)


def test_many_large_tables_are_settled_without_a_warning(monkeypatch, caplog):
    monkeypatch.setattr(exact_table_adam, "COMPILED_ROWS", 0)
    monkeypatch.setattr(tf.get_logger(), "propagate", True)
    batch = next(random_batches())
    for _ in range(6):
        table, _ = make_table()
        optimizer = SparseAdam(1e-3)
        train(table, [batch], optimizer)
        optimizer.finalize_variable_values([table])
    assert "_move_all" not in caplog.text
