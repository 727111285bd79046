"""Rows of tables, looked up for several models at once."""

import contextlib
from collections.abc import Iterator
from collections.abc import Sequence

import tensorflow as tf
from keras import ops

from mtnas_tf.optimizers import Table
from mtnas_tf.types import Tensor


class TableRows:
    """Stands between a model and its tables while the model is called.

    Which rows a model reads follows from its inputs alone, so that all models
    read the same. A first call of one tells the ids; in a second one each gets
    its rows, which were looked up for all of them.

    Args:
        tables: list of `(a model's Table, Table of all models)`, see
            `StackedWeights`.
        num_models: int > 0.
    """

    def __init__(
        self, tables: Sequence[tuple[Table, Table]], num_models: int
    ) -> None:
        self._tables = tables
        self._num_models = num_models
        self._asked: list[tuple[int, Tensor]] = []  # number of a table, ids
        self._given: Iterator[Tensor] | None = None

    @contextlib.contextmanager
    def between(self, rows: Sequence[Tensor] | None) -> Iterator[None]:
        """A context in which a model reads its tables here.

        Args:
            rows: what it gets, in the order of its reads; `None` to note the
                ids that it asks for, and to give it zeros.
        """
        if rows is None:
            self._asked = []
        self._given = None if rows is None else iter(rows)
        for table, _ in self._tables:
            table.reads = self
        try:
            yield
        finally:
            for table, _ in self._tables:
                table.reads = None

    def read(self, table: Table, ids: Tensor) -> Tensor:
        """What `Table.rows` returns in the meantime."""
        if self._given is not None:
            return next(self._given)
        number = next(
            i for i, (own, _) in enumerate(self._tables) if own is table
        )
        self._asked.append((number, ids))
        return ops.zeros((*ops.shape(ids), table.shape[1]), table.dtype)

    def look_up(self) -> list[Tensor]:
        """Rows of the ids asked for: `(num_models, *ids.shape, width)` each."""
        return [
            self._by_model(self._tables[number][1].rows(ids), ids)
            for number, ids in self._asked
        ]

    def gradients(
        self, by_rows: Sequence[Tensor]
    ) -> list[tf.IndexedSlices | None]:
        """The gradient of each stacked table; `None` if it was not read.

        Args:
            by_rows: gradients by what `look_up` returned.
        """
        parts: list[list[tuple[Tensor, Tensor]]] = [[] for _ in self._tables]
        for (number, ids), values in zip(self._asked, by_rows, strict=True):
            width = self._tables[number][1].shape[1]
            values = ops.reshape(ops.moveaxis(values, 0, -2), (-1, width))
            parts[number].append((ops.reshape(ids, (-1,)), values))
        return [
            tf.IndexedSlices(
                tf.concat([values for _, values in part], axis=0),
                tf.concat([ids for ids, _ in part], axis=0),
                stacked.shape,
            )
            if part
            else None
            for part, (_, stacked) in zip(parts, self._tables, strict=True)
        ]

    def _by_model(self, rows: Tensor, ids: Tensor) -> Tensor:
        shape = (*ops.shape(ids), self._num_models, -1)
        return ops.moveaxis(ops.reshape(rows, shape), -2, 0)
