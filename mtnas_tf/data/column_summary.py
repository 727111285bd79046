"""Statistics of a column, gathered while a table is read."""

import itertools

import numpy as np

from mtnas_preprocessing import raw_value
from mtnas_preprocessing.raw_value import Value
from mtnas_tf.data.looks import LISTS
from mtnas_tf.data.looks import look
from mtnas_tf.data.looks import looks_of

SAMPLE_ROWS = 200_000
FEW_VALUES = 100


class ColumnSummary:
    """The looks of all values of a column, and a sample of its training values.

    Looks come from every row, so that no row contradicts the proposed kind;
    statistics come from training rows alone.

    Args:
        name: name of the column.

    Attributes:
        looks: set of `LOOKS`, of any row's value.
        item_looks: set of `LOOKS`, of the items of any row's list.
        lengths: set of lengths of lists.
        has_large_items: bool. Whether float32 cannot hold an item of a list.
        distinct: set of values of any row: all of them, until there are more
            than `FEW_VALUES`.
        sample: list of the values of the first 200,000 training rows.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.looks: set[str] = set()
        self.item_looks: set[str] = set()
        self.lengths: set[int] = set()
        self.has_large_items = False
        self.distinct: set[Value] = set()
        self.sample: list[Value] = []

    def update(self, values: list[Value], is_training: np.ndarray) -> None:
        """Adds rows.

        Args:
            values: the column's values, `None` where missing.
            is_training: bool `(rows,)`.
        """
        looks = looks_of(values)
        self.looks |= looks
        if looks & LISTS:
            self._update_lists(values)
        are_few = len(self.distinct) <= FEW_VALUES
        if are_few and not looks & {"list", "other"}:  # they have no hash
            self.distinct.update(values)
        wanted = SAMPLE_ROWS - len(self.sample)
        rows = np.flatnonzero(is_training)[:wanted]
        self.sample += [values[row] for row in rows.tolist()]

    def _update_lists(self, values: list[Value]) -> None:
        lists = [raw_value.items(v) for v in values if look(v) in LISTS]
        self.lengths.update(map(len, lists))
        items = list(itertools.chain.from_iterable(lists))
        self.item_looks |= looks_of(items)
        self.has_large_items |= any(map(_is_large, items))


def _is_large(item: Value) -> bool:
    if look(item) not in ("number", "inexact"):
        return False
    return abs(float(item)) > raw_value.LARGEST_FLOAT32
