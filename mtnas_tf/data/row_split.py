"""Which rows of a table are for training, validation and test."""

import dataclasses
import functools
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

import numpy as np

from mtnas_preprocessing import raw_value
from mtnas_preprocessing.columns import objects
from mtnas_preprocessing.hashing import bucket_id
from mtnas_preprocessing.raw_value import Value
from mtnas_tf.data.split import SPLITS
from mtnas_tf.data.times import times_of
from mtnas_tf.types import Array

KINDS = ("random", "id", "time")
RESOLUTION = 2**31 - 1
# A user may have made a column with `numpy.random.default_rng(seed)`.
SALT = 0x6D746E6173


@dataclasses.dataclass(frozen=True, kw_only=True)
class RowSplit:
    """Deals the rows of a table to train, valid and test.

    Args:
        kind: `"random"`: each row by itself; `"id"`: rows with the same value
            in `column` together, by a hash of the value; `"time"`: the oldest
            rows by `column` train, the newest test, rows of one time together.
            Defaults to `"random"`.
        column: name of a column; `None` for `"random"`. Times are numbers,
            dates, or texts of either, see `times_of`. Defaults to `None`.
        fractions: three positive floats of sum 1, the expected shares of the
            rows. Defaults to `(0.8, 0.1, 0.1)`.
        seed: int >= 0. Another seed deals rows or ids anew; a split by time
            does not use it. Defaults to `0`.

    Example:
    >>> shares = (0.5, 0.25, 0.25)
    >>> by_day = RowSplit(kind="time", column="day", fractions=shares)
    >>> rows = {"day": [3, 1, 4, 2]}
    >>> [places.tolist() for _, places in by_day.deal([rows], rows.get)]
    [[1, 0, 2, 0]]
    """

    kind: str = "random"
    column: str | None = None
    fractions: tuple[float, ...] = (0.8, 0.1, 0.1)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(
                f"`kind` must be one of {KINDS}. Received: kind={self.kind!r}"
            )
        if (self.column is None) != (self.kind == "random"):
            raise ValueError(
                "`column` must be given unless `kind` is 'random'. Received: "
                f"column={self.column!r}, kind={self.kind!r}"
            )
        is_whole = abs(sum(self.fractions) - 1) < 1e-6
        if len(self.fractions) != len(SPLITS) or not (
            is_whole and all(fraction > 0 for fraction in self.fractions)
        ):
            raise ValueError(
                "`fractions` must be three positive floats of sum 1. "
                f"Received: fractions={self.fractions}"
            )

    def deal(
        self,
        parts: Iterable[Any],
        read_column: Callable[[str], Array],
    ) -> Iterator[tuple[Any, np.ndarray]]:
        """Deals rows to splits, whatever parts the table is cut into.

        Args:
            parts: the table's parts, in order: each a DataFrame or a dict
                column -> list.
            read_column: returns a whole column by its name.

        Yields:
            A part, and for each of its rows 0, 1 or 2: an index of `SPLITS`.
        """
        cuts = np.cumsum(self.fractions)[:-1]
        places = None
        if self.kind == "time":
            places = self._places_of_times(read_column, cuts)
        rng = np.random.default_rng([SALT, self.seed])
        start = 0
        for part in parts:
            num_rows = len(part[next(iter(part))])
            if places is not None:
                yield part, places[start : start + num_rows]
            else:
                draws = (
                    rng.random(num_rows)
                    if self.kind == "random"
                    else self._hashes(self._known(part, start))
                )
                yield part, np.searchsorted(cuts, draws, side="right")
            start += num_rows

    def _places_of_times(
        self, read_column: Callable[[str], Array], cuts: np.ndarray
    ) -> np.ndarray:
        column = str(self.column)
        values = objects(read_column(column))
        if all(map(raw_value.is_missing, values)):
            raise ValueError(
                f"Column `{column}` must hold times. Received: none"
            )
        known = self._known({column: values}, 0)
        try:
            times = times_of(known)
        except ValueError as error:
            raise ValueError(
                f"Column `{column}`, which splits the rows: {error}"
            ) from error
        ordered = np.sort(times)
        last = len(ordered) - 1
        starts = [ordered[min(int(cut * len(ordered)), last)] for cut in cuts]
        return np.sum([times >= start for start in starts], axis=0)

    def _hashes(self, values: list[Value]) -> np.ndarray:
        """A number in [0, 1) for each row, the same for the same value."""
        salt = f"split {self.seed}"
        number = functools.lru_cache(maxsize=None, typed=True)(
            lambda value: bucket_id(salt, _text(value), RESOLUTION)
        )
        try:
            return np.array([number(value) for value in values]) / RESOLUTION
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Column `{self.column}`, which splits the rows by its ids, "
                f"must hold texts or integers. Received: {error}"
            ) from error

    def _known(self, part: Any, first_row: int) -> list[Value]:
        """The part's column, which must have a value in every row."""
        if self.column not in part:
            raise ValueError(
                f"`column` must be one of the table's. Received: "
                f"column={self.column!r}, with columns {list(part)}"
            )
        values = objects(part[self.column])
        for row, value in enumerate(values):
            if raw_value.is_missing(value) or value == "":
                raise ValueError(
                    f"Row {first_row + row}: column `{self.column}`, which "
                    "splits the rows, must have a value. Received: none"
                )
        return values


def _text(value: Value) -> str:
    """A value's text; whole numbers have one text however they are written.

    Values that have the same id as a field are then in the same split.
    """
    try:
        whole = raw_value.integer(value)
    except ValueError:
        whole = None
    return raw_value.text(value) if whole is None else str(whole)
