"""A pandas DataFrame as a table."""

from collections.abc import Iterator

import pandas as pd

from mtnas_preprocessing.columns import objects
from mtnas_preprocessing.tables import Columns
from mtnas_preprocessing.tables import Table
from mtnas_tf.arguments import check_instances


class FrameTable(Table):
    """The columns of a DataFrame; levels of its index that have a name, too.

    A `RangeIndex` is no column, whatever its name: it only counts rows, and a
    Parquet file of the frame would not hold it.

    Args:
        frame: pandas DataFrame.

    Raises:
        ValueError: if it is no DataFrame, or names are repeated or no texts.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        check_instances(pd.DataFrame, frame=frame)
        if not isinstance(frame.index, pd.RangeIndex):
            levels = [name for name in frame.index.names if name is not None]
            frame = frame.reset_index(level=levels)
        super().__init__(list(frame.columns), "the DataFrame")
        self._frame = frame
        self.num_rows = len(frame)

    def _parts(self, num_rows: int, names: list[str]) -> Iterator[Columns]:
        for start in range(0, len(self._frame), num_rows):
            part = self._frame.iloc[start : start + num_rows]
            yield {name: objects(part[name]) for name in names}
