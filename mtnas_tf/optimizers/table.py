"""An embedding table."""

import contextlib
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

import keras

from mtnas_tf.optimizers.settled_variable import SettledVariable

Tensor = Any


class Table(SettledVariable):
    """A variable of rows, some of which an optimizer may have left behind.

    `SparseAdam` moves the rows of the batch, and leaves the steps that the
    others miss for later. They never show: `rows` adds what is missing, and
    whoever reads or writes the whole table outside of a graph has all rows
    brought up to date first.

    Args:
        initializer: initializer, or the rows.
        **kwargs: Passed to `keras.Variable`.

    Attributes:
        is_read_alone: bool. Whether `rows` adds nothing, see `settled`.
    """

    def __init__(self, initializer: Any, **kwargs: Any) -> None:
        self.is_read_alone = False
        # Else mixed precision would cast the whole table.
        super().__init__(initializer, **{"autocast": False, **kwargs})

    def rows(self, ids: Tensor) -> Tensor:
        """Up to date rows, at the cost of the rows that are asked for.

        Args:
            ids: integer tensor, any shape.

        Returns:
            `(*ids.shape, dim)`.
        """
        rows = keras.ops.take(self.stored, ids, axis=0)
        if self.owner is None or self.is_read_alone:
            return rows
        missed = self.owner.missed_movement(ids)
        return rows + keras.ops.stop_gradient(missed)

    def take(self, owner: Any) -> None:
        """Changes the owner; the former one settles first.

        Args:
            owner: what has `settle` and `missed_movement`, or `None`.
        """
        if owner is not self.owner:
            self.settle()
        self.owner = owner


@contextlib.contextmanager
def settled(variables: Iterable[Any]) -> Iterator[None]:
    """Settles tables; inside, `Table.rows` reads nothing of an optimizer.

    For what reads tables while nobody trains them: graphs of evaluation, which
    are faster so, and exports, which then hold no state of an optimizer.

    Args:
        variables: those that are no `Table` are left alone.
    """
    tables = [v for v in variables if isinstance(v, Table)]
    for table in tables:
        table.settle()
        table.is_read_alone = True
    try:
        yield
    finally:
        for table in tables:
            table.is_read_alone = False
