"""A table that is read a part at a time."""

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from mtnas_preprocessing.columns import Columns
from mtnas_preprocessing.raw_value import Value


class Table:
    """Rows under named columns, their values as Python objects.

    A reader never guesses types from a part of a column: a CSV cell is a text,
    and an integer of a Parquet file stays one even if others are missing.

    Args:
        names: names of the columns, in order.
        source: name of the table in errors.

    Attributes:
        num_rows: int, or `None` if only reading all of it would tell.

    Raises:
        ValueError: if there is no column, or the names are not distinct texts.

    Example:
    >>> class Squares(Table):
    ...     def _parts(self, num_rows, names):
    ...         yield {"x": [0, 1, 4]}
    >>> Squares(["x"], "the squares").column("x")
    [0, 1, 4]
    """

    num_rows: int | None = None

    def __init__(self, names: Sequence[Any], source: str) -> None:
        odd = [name for name in names if not isinstance(name, str) or not name]
        odd += sorted({n for n in names if names.count(n) > 1} - set(odd))
        if odd or not names:
            raise ValueError(
                f"The columns of {source} must have distinct names, which are "
                f"texts. Received: {odd} among {list(names)}"
            )
        self.names = list(names)
        self.source = source

    def parts(
        self, num_rows: int, names: Sequence[str] | None = None
    ) -> Iterator[Columns]:
        """The rows in order, at most `num_rows` at a time.

        Args:
            num_rows: int > 0.
            names: columns to read. Defaults to all.

        Yields:
            dict column -> list of a part's values, `None` where missing.
        """
        names = self.names if names is None else list(names)
        absent = [name for name in names if name not in self.names]
        if absent:
            raise ValueError(
                f"{self.source} must have the columns {absent}. "
                f"Received: columns {self.names}"
            )
        return self._parts(num_rows, names)

    def column(self, name: str, num_rows: int = 200_000) -> list[Value]:
        """All values of one column.

        Args:
            name: name of the column.
            num_rows: int > 0. Rows read at a time. Defaults to `200000`.
        """
        parts = self.parts(num_rows, [name])
        return [value for part in parts for value in part[name]]

    def _parts(self, num_rows: int, names: list[str]) -> Iterator[Columns]:
        raise NotImplementedError
