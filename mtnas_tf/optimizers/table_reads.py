"""The rows that a forward pass reads from tables."""

import contextlib
from collections.abc import Iterable
from collections.abc import Iterator

import tensorflow as tf

from mtnas_tf.optimizers.table import Table
from mtnas_tf.types import Tensor


class TableReads:
    """Makes rows that are read from tables the ends of a gradient tape.

    Inside of `recorded`, `Table.rows` gives rows that the tape watches, and
    keeps them here: a tape differentiates any number of losses by the rows
    themselves, which have one set of ids, instead of by the table.

    Args:
        tape: `tf.GradientTape`, recording.

    Attributes:
        of: dict table's id -> list of `(ids, rows)`, a pair a read.

    Example:
    >>> table = mt.optimizers.Table(np.ones((4, 2), "float32"))
    >>> with tf.GradientTape() as tape:
    ...     reads = TableReads(tape)
    ...     with reads.recorded([table]):
    ...         loss = tf.reduce_sum(table.rows([0, 3]))
    >>> [(ids, rows)] = reads.of[id(table)]
    >>> tape.gradient(loss, rows).shape
    TensorShape([2, 2])
    """

    def __init__(self, tape: tf.GradientTape) -> None:
        self._tape = tape
        self.of: dict[int, list[tuple[Tensor, Tensor]]] = {}

    @contextlib.contextmanager
    def recorded(self, tables: Iterable[Table]) -> Iterator[None]:
        """A context in which reads of the tables are kept.

        Args:
            tables: `Table`s.
        """
        tables = list(tables)
        for table in tables:
            table.reads = self
        try:
            yield
        finally:
            for table in tables:
                table.reads = None

    def read(self, table: Table, ids: Tensor) -> Tensor:
        """Rows of a table, watched and kept.

        Args:
            table: `Table`.
            ids: integer tensor, any shape.
        """
        with self._tape.stop_recording():
            rows = table.unrecorded_rows(ids)
        self._tape.watch(rows)
        self.of.setdefault(id(table), []).append((ids, rows))
        return rows
