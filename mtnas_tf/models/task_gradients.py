"""The gradients of several tasks, as one."""

import dataclasses
from collections.abc import Sequence

import keras
import tensorflow as tf
from keras import ops

from mtnas_tf.optimizers import Table
from mtnas_tf.optimizers import TableReads
from mtnas_tf.optimizers.unique_rows import unique_rows
from mtnas_tf.types import Tensor


@dataclasses.dataclass(frozen=True)
class TaskGradients:
    """The gradients of all tasks by one variable.

    Args:
        by_task: a tensor for each task, or None where the task does not reach
            the variable. Of a table, the gradients by the rows that were read.
        penalty: the gradient of what layers add to the loss, or None.
        shape: of the variable.
        num_blocks: int. Parts of the variable, along its first axis, that
            tasks may reach one by one. Defaults to `1`.
        ids: int `(rows,)` of a table's rows, not all different. Defaults to
            `None`, for another variable.
    """

    by_task: tuple[Tensor | None, ...]
    penalty: Tensor | None
    shape: tuple[int, ...]
    num_blocks: int = 1
    ids: Tensor = None

    @property
    def is_shared(self) -> bool:
        """Whether more than one task reaches the variable."""
        return sum(g is not None for g in self.by_task) > 1

    def products(self) -> Tensor:
        """Inner products of the dense gradients: `(blocks, tasks, tasks)`."""
        parts = [
            None if g is None else ops.reshape(g, (self.num_blocks, -1))
            for g in self._distinct()
        ]
        zero = ops.zeros((self.num_blocks,))
        upper = {
            (i, j): zero
            if first is None or second is None
            else ops.sum(first * second, axis=1)
            for i, first in enumerate(parts)
            for j, second in enumerate(parts)
            if i <= j
        }
        tasks = range(len(parts))
        rows = [
            ops.stack([upper[min(i, j), max(i, j)] for j in tasks], axis=-1)
            for i in tasks
        ]
        return ops.cast(ops.stack(rows, axis=1), "float32")

    def total(self, coefficients: Tensor) -> Tensor | None:
        """The sum of the tasks' gradients by coefficients, and the penalty.

        Args:
            coefficients: `(blocks, tasks)`.

        Returns:
            Tensor of the variable's shape, `tf.IndexedSlices` of a table, or
            None if no task reaches the variable.
        """
        terms = [
            g * self._along_first_axis(coefficients[:, task], g)
            for task, g in enumerate(self.by_task)
            if g is not None
        ]
        if self.penalty is not None:
            terms.append(self.penalty)
        if not terms:
            return None
        total = sum(terms[1:], terms[0])
        if self.ids is None:
            return total
        return tf.IndexedSlices(total, self.ids, tf.constant(self.shape))

    def _along_first_axis(self, values: Tensor, gradient: Tensor) -> Tensor:
        values = ops.cast(values, gradient.dtype)
        if self.num_blocks == 1:
            return values[0]
        return ops.reshape(values, (-1, *[1 for _ in gradient.shape[1:]]))

    def _distinct(self) -> list[Tensor | None]:
        """Gradients in which each row of a table has one place."""
        if self.ids is None:
            return list(self.by_task)
        reached = [g for g in self.by_task if g is not None]
        rows = unique_rows(
            tf.IndexedSlices(ops.concatenate(reached, axis=1), self.ids)
        )
        parts = iter(ops.split(rows.values, len(reached), axis=1))
        return [None if g is None else next(parts) for g in self.by_task]


def task_gradients(
    tape: tf.GradientTape,
    losses: Sequence[Tensor],
    penalty: Tensor,
    variables: Sequence[keras.Variable],
    reads: TableReads,
    num_blocks: dict[int, int],
    scale: Tensor,
) -> list[TaskGradients]:
    """The gradients of each loss by each variable.

    Args:
        tape: persistent `tf.GradientTape`, no longer recording.
        losses: of the tasks.
        penalty: what layers add to the loss, or None.
        variables: trainable variables.
        reads: what was read of the tables among them.
        num_blocks: id of a variable -> its blocks, if it has several.
        scale: the gradients' factor.

    Returns:
        `TaskGradients` of each variable.

    Raises:
        ValueError: if a table was read in another way than by `Table.rows`.
    """
    pairs = [reads.of.get(id(variable), []) for variable in variables]
    rows = [[row for _, row in of_variable] for of_variable in pairs]
    by_loss = [
        _no_gradients(variables, rows)
        if loss is None
        else tape.gradient(
            loss, [list(variables), rows], output_gradients=scale
        )
        for loss in (*losses, penalty)
    ]
    found = []
    for index, variable in enumerate(variables):
        *direct, plain = (_dense(of_all[index]) for of_all, _ in by_loss)
        shape = tuple(variable.shape)
        if not isinstance(variable, Table):
            blocks = num_blocks.get(id(variable), 1)
            found.append(TaskGradients(tuple(direct), plain, shape, blocks))
            continue
        if any(g is not None for g in (*direct, plain)):
            raise ValueError(
                "`balancing` needs tables that are read by `Table.rows` alone. "
                f"Received: {variable.path}, read in another way"
            )
        by_row = [of_rows[index] for _, of_rows in by_loss]
        found.append(_of_table(shape, pairs[index], by_row))
    return found


def _of_table(
    shape: tuple[int, ...],
    reads: list[tuple[Tensor, Tensor]],
    by_loss: list[list[Tensor | None]],
) -> TaskGradients:
    """The gradients by all rows that were read of a table, read after read."""
    if not reads:
        return TaskGradients(tuple(None for _ in by_loss[1:]), None, shape)
    ids = [ops.reshape(each, (-1,)) for each, _ in reads]
    joined: list[Tensor | None] = []
    for gradients in by_loss:
        if all(g is None for g in gradients):
            joined.append(None)
            continue
        parts = [
            ops.zeros_like(rows) if g is None else g
            for g, (_, rows) in zip(gradients, reads, strict=True)
        ]
        flat = [ops.reshape(part, (-1, shape[1])) for part in parts]
        joined.append(ops.concatenate(flat, axis=0))
    *by_task, plain = joined
    return TaskGradients(
        tuple(by_task), plain, shape, ids=ops.concatenate(ids, axis=0)
    )


def _no_gradients(
    variables: Sequence[keras.Variable], rows: list[list[Tensor]]
) -> tuple[list[None], list[list[None]]]:
    return [None for _ in variables], [[None for _ in x] for x in rows]


def _dense(gradient: Tensor | None) -> Tensor | None:
    """Slices of a variable that is no table, as the optimizer sees them."""
    if isinstance(gradient, tf.IndexedSlices):
        return tf.convert_to_tensor(gradient)
    return gradient
