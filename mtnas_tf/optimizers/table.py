"""An embedding table."""

import contextlib
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

import keras

from mtnas_tf.optimizers.settled_variable import Owner
from mtnas_tf.optimizers.settled_variable import SettledVariable
from mtnas_tf.types import Initializer
from mtnas_tf.types import Tensor


class Table(SettledVariable):
    """A variable of rows, some of which an optimizer may update later.

    `SparseAdam` moves the rows of the batch and defers the steps that the other
    rows miss. Outdated rows are never seen: `rows` adds the missed movement,
    and reading or writing the whole table outside of a graph first brings all
    rows up to date.

    Args:
        initializer: initializer, or the rows.
        **kwargs: Passed to `keras.Variable`.

    Attributes:
        is_read_alone: bool. Whether `rows` adds no movement, see `settled`.
        reads: `TableReads` that keeps what `rows` returns, or None.

    Example:
    >>> Table(np.ones((4, 2), "float32")).rows([0, 3]).shape
    TensorShape([2, 2])
    """

    def __init__(self, initializer: Initializer, **kwargs: Any) -> None:
        self.is_read_alone = False
        self.reads: Any = None
        # Else mixed precision would cast the whole table.
        super().__init__(initializer, **{"autocast": False, **kwargs})

    def rows(self, ids: Tensor) -> Tensor:
        """Up-to-date rows, at the cost of the requested rows.

        Args:
            ids: integer tensor, any shape.

        Returns:
            `(*ids.shape, dim)`.
        """
        if self.reads is not None:
            return self.reads.read(self, ids)
        return self.unrecorded_rows(ids)

    def unrecorded_rows(self, ids: Tensor) -> Tensor:
        """The same, which no `TableReads` keeps."""
        rows = keras.ops.take(self.stored, ids, axis=0)
        if self.owner is None or self.is_read_alone:
            return rows
        missed = self.owner.missed_movement(ids)
        return rows + keras.ops.stop_gradient(missed)

    def take(self, owner: Owner | None) -> None:
        """Changes the owner; the former one settles first.

        Args:
            owner: `Owner`, or `None`.
        """
        if owner is not self.owner:
            self.settle()
        self.owner = owner


@contextlib.contextmanager
def settled(variables: Iterable[keras.Variable]) -> Iterator[None]:
    """Settles tables; inside, `Table.rows` reads no optimizer state.

    For reading tables while nobody trains them: evaluation is faster so, and an
    export holds no optimizer state.

    Args:
        variables: any variables; only `Table`s are settled.

    Example:
    >>> table = Table(np.ones((4, 2), "float32"))
    >>> with settled([table]):
    ...     table.rows([0, 3]).shape
    TensorShape([2, 2])
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
