"""Dense Adam on a table, at the cost of the batch's rows."""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from mtnas_tf.optimizers.missed_steps import MissedSteps
from mtnas_tf.optimizers.ordering import after
from mtnas_tf.optimizers.settled_variable import SettledVariable
from mtnas_tf.optimizers.table_adam import TableAdam
from mtnas_tf.types import Tensor

SETTLED_ROWS = 2**17  # settled at once, so that temporaries stay small
COMPILED_ROWS = 2**19  # a table of as many is settled by XLA
SWEPT_ROWS = 8  # rows outside of the batch that every step brings up to date


class ExactTableAdam(TableAdam):
    """Dense Adam; rows outside of the batch are moved later.

    The clock counts the table's steps (those of the optimizer in which it had
    a gradient) since it was settled. The movement that a row has missed follows
    from the step that moved it last and from the rates since: each step adds to
    the coefficients (see `MissedSteps`) of the newest `num_terms` steps, which
    a ring buffer holds. So that no row gets older than the ring, each step also
    moves a few rows outside of the batch, all rows of the table in turn.

    Args:
        *args: Passed to `TableAdam`.
        clock: `SettledVariable`, int32 `()`.
        ring: `SettledVariable` of `ring_shape`.
        missed_steps: `MissedSteps`.
        **kwargs: Passed to `TableAdam`.
    """

    def __init__(
        self,
        *args: Any,
        clock: SettledVariable,
        ring: SettledVariable,
        missed_steps: MissedSteps,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.clock = clock
        self.ring = ring
        self.missed_steps = missed_steps
        for state in (
            self.momentum,
            self.velocity,
            self.last_step,
            clock,
            ring,
        ):
            state.owner = self

    @staticmethod
    def ring_shape(num_rows: int, missed_steps: MissedSteps) -> tuple[int, int]:
        """Steps until every row has been moved, and coefficients."""
        num_slots = _steps_of_a_sweep(num_rows) + missed_steps.num_terms + 2
        return num_slots, missed_steps.num_coefficients

    def settle(self) -> None:
        """Brings every row up to date and resets the clock."""
        if self.is_stepping:
            return
        with tf.init_scope():
            if self._is_settled():
                return
            if self.num_rows < COMPILED_ROWS:
                self._settle_eagerly()
            else:
                for compiled in self._compiled:
                    compiled()
            for variable in (self.last_step, self.ring, self.clock):
                variable.stored.assign(tf.zeros_like(variable.stored))

    def missed_movement(self, ids: Tensor) -> Tensor:
        """The missed movement of rows: dense Adam's row minus the table's.

        Args:
            ids: integer tensor, any shape.

        Returns:
            Tensor `(*ids.shape, dim)`; the number 0 if nothing is missing.
        """
        if tf.executing_eagerly() and self._is_settled():
            return 0.0
        # As the table looks the row up, so that XLA does it once.
        m, v, last = (
            keras.ops.take(variable.stored, ids, axis=0)
            for variable in (self.momentum, self.velocity, self.last_step)
        )
        return self._movement(m, v, last)

    @functools.cached_property
    def _compiled(self) -> list[Callable[[], None]]:
        # Two functions: in one, XLA would copy the moments before it writes
        # them. Partial ones: TensorFlow counts the traces of a code object, and
        # would warn of several tables as of one that is traced again and again.
        return [
            tf.function(functools.partial(method), jit_compile=True)
            for method in (self._move_all, self._decay_all)
        ]

    def _is_settled(self) -> bool:
        return int(self.clock.stored.numpy()) == 0

    def _with_others(
        self, ids: Tensor, values: Tensor
    ) -> tuple[Tensor, Tensor]:
        steps = _steps_of_a_sweep(self.num_rows)
        others = tf.range(SWEPT_ROWS) + self.clock.stored % steps * SWEPT_ROWS
        others = tf.cast(others % self.num_rows, ids.dtype)
        zeros = tf.zeros((SWEPT_ROWS, self.table.shape[1]), values.dtype)
        return tf.concat([ids, others], 0), tf.concat([values, zeros], 0)

    def _rows_now(self, ids: Tensor) -> tuple[Tensor, ...]:
        # The batch's rows are looked up as in the forward pass, so that XLA
        # does it once, and after the others', so that it copies no variable.
        batch = super()._rows_now(ids[:-SWEPT_ROWS])
        others = super()._rows_now(ids[-SWEPT_ROWS:])
        m, v, rows, last = (
            tf.concat([after(other, given), other], 0)
            for given, other in zip(batch, others, strict=True)
        )
        return *self._caught_up(m, v, rows, last), last

    def _caught_up(
        self, m: Tensor, v: Tensor, rows: Tensor, last: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        rows += self._movement(m, v, last)
        m, v = self.missed_steps.decayed(m, v, self.clock.stored - last)
        return m, v, rows

    def _movement(self, m: Tensor, v: Tensor, last: Tensor) -> Tensor:
        slots = last % self.ring.shape[0]
        coefficients = tf.gather(self.ring.stored, slots)
        return self.missed_steps.movement(m, v, coefficients)

    def _finish(self, ids: Tensor, leaders: Tensor, rate: Tensor) -> None:
        now = self.clock.stored + 1
        self._extend_ring(now, rate)
        now = tf.broadcast_to(after(leaders, now), tf.shape(ids))
        self.last_step.stored.scatter_update(tf.IndexedSlices(now, ids))
        self.clock.stored.assign_add(1)

    def _extend_ring(self, now: Tensor, rate: Tensor) -> None:
        """Adds the current step to the movement that older rows miss."""
        terms = self.missed_steps.terms
        ages = np.arange(len(terms), dtype="int32")
        slots = (now - ages) % self.ring.shape[0]
        old = tf.where(
            ages[:, None] == 0, 0.0, tf.gather(self.ring.stored, slots)
        )
        new = old + rate * terms.astype(self.ring.dtype)
        # All has been read of the ring once the table is written.
        new = after(self.table.stored[0], new)
        self.ring.stored.scatter_update(tf.IndexedSlices(new, slots))

    def _settle_eagerly(self) -> None:
        for start in range(0, self.num_rows, SETTLED_ROWS):
            end = min(start + SETTLED_ROWS, self.num_rows)
            ids = tf.range(start, end)
            settled = self._caught_up(*super()._rows_now(ids))
            for variable, values in zip(
                (self.momentum, self.velocity, self.table), settled, strict=True
            ):
                variable.stored.scatter_update(tf.IndexedSlices(values, ids))

    def _move_all(self) -> None:
        """Moves every row to where dense Adam has it."""
        m, v, last = self._moments()
        self.table.stored.assign_add(self._movement(m, v, last))

    def _decay_all(self) -> None:
        """Brings the moments of every row up to date."""
        m, v, last = self._moments()
        missed = self.clock.stored - last
        m, v = self.missed_steps.decayed(m, v, missed)
        self.momentum.stored.assign(m)
        self.velocity.stored.assign(v)

    def _moments(self) -> tuple[Tensor, ...]:
        return tuple(
            tf.convert_to_tensor(variable.stored)
            for variable in (self.momentum, self.velocity, self.last_step)
        )


def _steps_of_a_sweep(num_rows: int) -> int:
    return -(-num_rows // SWEPT_ROWS)
