"""The rows of a table, each with the split that it is in."""

from collections.abc import Iterable
from collections.abc import Iterator

import numpy as np

from mtnas_preprocessing.columns import Columns
from mtnas_preprocessing.tables import Table
from mtnas_tf.arguments import check_instances
from mtnas_tf.data.row_split import RowSplit
from mtnas_tf.stages import counted

ROWS_PER_PART = 200_000


class DealtRows:
    """The parts of a table, with the split of each row.

    Splits are found in the first pass over all rows: a whole column of times
    is read once, however often the rows are.

    Args:
        table: `Table`.
        split: `RowSplit`.
    """

    def __init__(self, table: Table, split: RowSplit) -> None:
        check_instances(RowSplit, split=split)
        self.table = table
        self.split = split
        self._places: list[np.ndarray] | None = None

    def parts(
        self, label: str = "reading"
    ) -> Iterator[tuple[Columns, np.ndarray]]:
        """Parts in order, and for each row an index of `SPLITS`.

        Args:
            label: what the pass is for, see `stage`. Defaults to `"reading"`.
        """
        num_rows = self.table.num_rows
        if self._places is not None:
            num_rows = sum(map(len, self._places))
        return counted(
            self._parts(), label, num_rows, size=lambda part: len(part[1])
        )

    def _parts(self) -> Iterator[tuple[Columns, np.ndarray]]:
        parts = self.table.parts(ROWS_PER_PART)
        if self._places is not None:
            yield from zip(parts, self._places, strict=True)
            return
        found = []
        for part, places in self.split.deal(parts, self.table.column):
            found.append(places)
            yield part, places
        self._places = found

    def of_training(self) -> Iterator[Columns]:
        """The training rows of each part."""
        for part, places in self.parts("vocabularies"):
            yield take(part, part, np.flatnonzero(places == 0))


def take(part: Columns, names: Iterable[str], rows: np.ndarray) -> Columns:
    """Some rows of some columns.

    Args:
        part: columns.
        names: names of those to take.
        rows: numbers of rows, integers `(n,)`.
    """
    chosen = rows.tolist()
    return {name: [part[name][row] for row in chosen] for name in names}
