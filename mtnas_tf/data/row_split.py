"""Which rows of a table are for training, validation and test."""

import dataclasses
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from mtnas_preprocessing.hashing import bucket_id
from mtnas_tf.data.split import SPLITS

KINDS = ("random", "id", "time")
RESOLUTION = 2**31 - 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class RowSplit:
    """Deals the rows of a table to train, valid and test.

    Args:
        kind: `"random"`: each row by itself; `"id"`: rows with the same value
            in `column` together, by a hash of the value; `"time"`: the oldest
            rows by `column` train, the newest test, rows of one time together.
            Defaults to `"random"`.
        column: name of a column; `None` for `"random"`. Defaults to `None`.
        fractions: three positive floats of sum 1, the expected shares of the
            rows. Defaults to `(0.8, 0.1, 0.1)`.
        seed: int >= 0. Another one deals rows or ids anew; of no effect on
            times. Defaults to `0`.
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
        frames: Iterable[pd.DataFrame],
        read_column: Callable[[str], pd.Series],
    ) -> Iterator[tuple[pd.DataFrame, np.ndarray]]:
        """Places of rows; how a table is cut into frames makes no difference.

        Args:
            frames: the table's parts, in order.
            read_column: returns a whole column by its name.

        Yields:
            A frame, and for each of its rows 0, 1 or 2: an index of `SPLITS`.
        """
        cuts = np.cumsum(self.fractions)[:-1]
        times = None
        if self.kind == "time":
            times = self._cut_times(read_column(str(self.column)), cuts)
        rng = np.random.default_rng(self.seed)
        for frame in frames:
            if times is not None:
                column = self._known(frame)
                places = sum((column >= time).to_numpy(int) for time in times)
            else:
                draws = (
                    rng.random(len(frame))
                    if self.kind == "random"
                    else self._hashes(self._known(frame))
                )
                places = np.searchsorted(cuts, draws, side="right")
            yield frame, places

    def _cut_times(self, column: pd.Series, cuts: np.ndarray) -> list[Any]:
        """Times from which on rows belong to the next split."""
        ordered = column.dropna().sort_values(ignore_index=True)
        if ordered.empty:
            raise ValueError(f"Column `{self.column}` must hold times.")
        last = len(ordered) - 1
        return [ordered[min(int(cut * len(ordered)), last)] for cut in cuts]

    def _hashes(self, column: pd.Series) -> np.ndarray:
        """A number in [0, 1) for each row, the same for the same value."""
        codes, values = pd.factorize(column)
        salt = f"split {self.seed}"
        numbers = [bucket_id(salt, str(value), RESOLUTION) for value in values]
        return np.array(numbers)[codes] / RESOLUTION

    def _known(self, frame: pd.DataFrame) -> pd.Series:
        """The frame's column, which must have a value in every row."""
        if self.column not in frame:
            raise ValueError(
                f"`column` must be one of the table's. Received: "
                f"column={self.column!r}, with columns {list(frame)}"
            )
        column = frame[self.column]
        if column.isna().any():
            row = frame.index[int(column.isna().to_numpy().argmax())]
            raise ValueError(
                f"Row {row}: column `{self.column}`, which splits the rows, "
                "must have a value. Received: none"
            )
        return column
