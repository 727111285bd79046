"""Rows of columns -> TFDS records of one row each, or of a thousand.

Writing and reading a record costs about the same whatever it holds, so large
data sets are offered in both layouts: readable rows, and chunks for speed.
"""

import dataclasses
import itertools
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

Columns = dict[str, np.ndarray]  # name -> one value per row


@dataclasses.dataclass(eq=False)
class RecordLayout(tfds.core.BuilderConfig):
    """Layout of the records: the number of rows in each.

    Args:
        rows_per_record: int > 0. With 1, a column is a scalar or a text of the
            record; with more, an array of `(rows,)`, shorter where rows run
            out. Defaults to `1`.
    """

    rows_per_record: int = 1

    def __post_init__(self) -> None:
        if self.rows_per_record < 1:
            raise ValueError(
                "`rows_per_record` must be positive. "
                f"Received: rows_per_record={self.rows_per_record}"
            )


# The first is the default of a builder.
LAYOUTS = [
    RecordLayout(name="rows", description="One row per record."),
    RecordLayout(
        name="chunked",
        description="A thousand rows per record: every column is an array.",
        rows_per_record=1000,
    ),
]


def features(
    dtypes: Mapping[str, Any], layout: RecordLayout
) -> tfds.features.FeaturesDict:
    """Features of the records.

    Args:
        dtypes: column -> NumPy type, or `str` for a text.
        layout: `RecordLayout`.
    """
    feature = _scalar if layout.rows_per_record == 1 else _array
    return tfds.features.FeaturesDict(
        {name: feature(dtype) for name, dtype in dtypes.items()}
    )


def num_records(num_rows: int, layout: RecordLayout) -> int:
    """About how many records rows become: more if blocks end in short ones.

    Args:
        num_rows: int >= 0.
        layout: `RecordLayout`.
    """
    return -(-num_rows // layout.rows_per_record)


def records(
    blocks: Iterable[Columns], layout: RecordLayout
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Key and content of every record.

    Args:
        blocks: columns of consecutive rows; no record spans two blocks.
        layout: `RecordLayout`.
    """
    keys = itertools.count()
    size = layout.rows_per_record
    for block in blocks:
        num_rows = len(next(iter(block.values())))
        for start in range(0, num_rows, size):
            rows = start if size == 1 else slice(start, start + size)
            yield next(keys), {k: values[rows] for k, values in block.items()}


def _scalar(dtype: Any) -> Any:
    if dtype is str:
        return tfds.features.Text()
    return tfds.features.Scalar(dtype)


def _array(dtype: Any) -> Any:
    if dtype is str:
        return tfds.features.Tensor(shape=(None,), dtype=np.object_)
    return tfds.features.Tensor(shape=(None,), dtype=dtype, encoding="bytes")
