"""Adam on the rows of a table that are in the batch."""

import tensorflow as tf

from mtnas_tf.optimizers.ordering import after
from mtnas_tf.optimizers.settled_variable import SettledVariable
from mtnas_tf.optimizers.table import Table
from mtnas_tf.types import Tensor


class TableAdam:
    """Lazy Adam: rows that are not in the batch do not move.

    Args:
        table: `Table`.
        momentum: `SettledVariable` of the table's shape.
        velocity: `SettledVariable` of the table's shape.
        last_step: `SettledVariable`, int32 `(rows,)`. Scratch space.
        betas: two floats in [0, 1). Decays of the moments.
        epsilon: float > 0. Added to the root of the second moment.
    """

    def __init__(
        self,
        table: Table,
        momentum: SettledVariable,
        velocity: SettledVariable,
        last_step: SettledVariable,
        betas: tuple[float, float],
        epsilon: float,
    ) -> None:
        self.table = table
        self.momentum = momentum
        self.velocity = velocity
        self.last_step = last_step
        self.beta_1, self.beta_2 = betas
        self.epsilon = epsilon
        self.is_stepping = False  # the optimizer is at work

    @property
    def num_rows(self) -> int:
        """Rows of the table."""
        return int(self.table.shape[0])

    def settle(self) -> None:
        """Does nothing: lazy Adam defers no steps."""

    def missed_movement(self, ids: Tensor) -> Tensor:
        """The missed movement of rows, which is 0."""
        return 0.0

    def update(self, gradient: Tensor, rate: Tensor, decay: float) -> None:
        """One step.

        Args:
            gradient: `tf.IndexedSlices`, or a tensor of the table's shape.
            rate: float tensor. The bias-corrected learning rate.
            decay: float. L2 of the rows that the gradient touches.
        """
        if not isinstance(gradient, tf.IndexedSlices):
            gradient = tf.IndexedSlices(gradient, tf.range(self.num_rows))
        ids, values = self._with_others(gradient.indices, gradient.values)
        m, v, rows, last = self._rows_now(ids)
        # `last_step` has been read for the forward pass and above.
        ids = after(values, after(last, ids))
        leaders = self._leaders(ids)
        g = _sum_equals(values, leaders)
        if decay:
            num_given = tf.shape(gradient.indices)[0]
            is_given = tf.range(tf.shape(ids)[0]) < num_given
            count = _sum_equals(tf.cast(is_given, g.dtype), leaders)
            g += tf.where(count[:, None] > 0, decay * rows, 0.0)
        m = self.beta_1 * m + (1 - self.beta_1) * g
        v = self.beta_2 * v + (1 - self.beta_2) * g * g
        rate = tf.cast(rate, rows.dtype)
        rows -= rate * m / (tf.sqrt(v) + self.epsilon)
        _write(self.momentum, ids, m)
        _write(self.velocity, ids, v)
        _write(self.table, ids, rows)
        self._finish(ids, leaders, rate)

    def _with_others(
        self, ids: Tensor, values: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Ids and gradients, with the rows outside of the batch to move."""
        return ids, values

    def _rows_now(self, ids: Tensor) -> tuple[Tensor, ...]:
        """Moments, rows and last steps before this step."""
        return tuple(
            tf.gather(variable.stored, ids)
            for variable in (
                self.momentum,
                self.velocity,
                self.table,
                self.last_step,
            )
        )

    def _finish(self, ids: Tensor, leaders: Tensor, rate: Tensor) -> None:
        """Updates the clock."""

    def _leaders(self, ids: Tensor) -> Tensor:
        """For each id, one position among its duplicates, the same for all.

        Needs no sort: the position is kept in the id's entry of `last_step`,
        which is written anew at the end of the step.
        """
        positions = tf.range(tf.shape(ids)[0], dtype=self.last_step.dtype)
        _write(self.last_step, ids, positions)
        return tf.gather(self.last_step.stored, ids)


def _write(variable: SettledVariable, ids: Tensor, values: Tensor) -> None:
    variable.stored.scatter_update(tf.IndexedSlices(values, ids))


def _sum_equals(values: Tensor, leaders: Tensor) -> Tensor:
    """Sums the values of equal leaders; each of them gets the sum."""
    sums = tf.math.unsorted_segment_sum(values, leaders, tf.shape(leaders)[0])
    return tf.gather(sums, leaders)
