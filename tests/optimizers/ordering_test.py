import re

import numpy as np
import pytest
import tensorflow as tf

from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.optimizers import Table
from mtnas_tf.optimizers.exact_table_adam import SWEPT_ROWS
from mtnas_tf.optimizers.ordering import after


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    "read",
    [
        np.array([-np.inf, 1.0], "f"),
        np.array([[np.nan]], "f"),
        np.array([np.iinfo("int32").min], "int32"),
        np.float32(3.0),
    ],
)
@pytest.mark.parametrize("value", [np.array([7, -2]), np.array([0.5, 1], "f")])
def test_the_value_is_unchanged(jit_compile, read, value):
    ordered = tf.function(after, jit_compile=jit_compile)
    np.testing.assert_array_equal(ordered(read, value), value)


def test_a_variable_read_and_then_written_is_not_copied():
    variable = tf.Variable(np.arange(1000, dtype="int32"))
    ids = tf.constant([3, 5, 3])

    def step(is_ordered):
        read = tf.gather(variable, ids)
        value = tf.constant(0)
        value = after(read, value) if is_ordered else value
        written = tf.broadcast_to(value, [3])
        variable.scatter_update(tf.IndexedSlices(written, ids))
        return read

    def num_copies(is_ordered):
        compiled = tf.function(lambda: step(is_ordered), jit_compile=True)
        hlo = compiled.experimental_get_compiler_ir()(stage="optimized_hlo")
        return hlo.count("s32[1000]{0} copy(")

    assert num_copies(is_ordered=False) > num_copies(is_ordered=True) == 0


def test_a_step_looks_rows_up_once_and_copies_no_table():
    table = Table(np.ones((1000, 5), "f"))
    optimizer = SparseAdam()
    optimizer.build([table])

    @tf.function(jit_compile=True)
    def step(ids):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(table.rows(ids) ** 2)
        optimizer.apply([tape.gradient(loss, table.value)], [table])

    ids = tf.constant([[3, 5], [3, 7], [0, 999]])
    hlo = step.experimental_get_compiler_ir(ids)(stage="optimized_hlo")

    def num_gathers(num_rows):
        return len(re.findall(rf"f32\[{num_rows},1,5\]\S* gather\(", hlo))

    # The rows and their two moments, for the loss as for the step; with the
    # rows outside of the batch, only the sums over equal ids are looked up.
    assert num_gathers(6) == 3
    assert num_gathers(6 + SWEPT_ROWS) == 1
    assert not re.findall(r"\w+\[1000\b\S* copy\(", hlo)
