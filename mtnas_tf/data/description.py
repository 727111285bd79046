"""Describes a prepared data set: rows, labels, fields, collisions of ids."""

import dataclasses
import itertools
import os
from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing.columns import objects
from mtnas_preprocessing.tables import open_table
from mtnas_tf.data.catalog import HOLDOUT
from mtnas_tf.data.catalog import has_holdout
from mtnas_tf.data.dealt_rows import DealtRows
from mtnas_tf.data.label_statistics import LabelStatistics
from mtnas_tf.data.pipeline import prepare
from mtnas_tf.data.pipeline import schema_of
from mtnas_tf.data.records import count_rows
from mtnas_tf.data.records import num_rows_of
from mtnas_tf.data.records import read_blocks
from mtnas_tf.data.row_split import RowSplit
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.split import SPLITS
from mtnas_tf.data.table_labels import labelled_blocks
from mtnas_tf.data.tables import propose_for_rows
from mtnas_tf.stages import counted
from mtnas_tf.types import Array

Page = dict[str, Any]


def describe(
    name: str,
    data_dir: str | Path | None = None,
    num_buckets: int | None = None,
) -> Page:
    """Counts what the rows of all splits hold, a block of them at a time.

    A 64-bit hash of every distinct value is kept in memory.

    Args:
        name: a name of `mtnas_tf.data.CATALOG`, `"name/config"` for a variant.
        data_dir: where the TFDS records lie; prepared first if they do not.
            Defaults to TFDS's own.
        num_buckets: int > 0. Rows of the embedding table. Defaults to the
            catalog's.

    Returns:
        dict: `name`; `num_buckets`; `rows`, a dict split -> count; `tasks`, a
        dict task -> `mean` (of a binary task its share of positives) and
        `missing` (share of rows); `correlations`, a list of `tasks` (two) and
        `pearson`; `fields`, a dict field -> `kind`, `values` (distinct ones),
        `missing` (share of rows) and `collisions`: the share of its values
        that another value, of any field, shares its row of the table with;
        `held_out`, the number of rows of the data set's own hold-out, which
        are not read.

    Example:
    >>> page = describe("synthetic_mtl", data_dir="tfds")
    >>> page["rows"]
    {'train': 8000, 'valid': 1000, 'test': 1000}
    """
    schema = schema_of(name)
    if num_buckets is not None:
        schema = dataclasses.replace(schema, num_buckets=num_buckets)
    builder = prepare(name, data_dir=data_dir)
    parts = (
        (split, block)
        for split in SPLITS
        for block in read_blocks(builder, split, schema)
    )
    blocks = counted(parts, "counting", size=lambda part: num_rows_of(part[1]))
    page = _page(name, schema, blocks)
    if has_holdout(name):
        page["held_out"] = count_rows(builder, HOLDOUT, schema)
    return page


def describe_table(
    path: str | os.PathLike[str],
    tasks: Sequence[str] = (),
    *,
    schema: DatasetSchema | None = None,
    split: RowSplit | None = None,
) -> Page:
    """As `describe`, for a user's own table.

    Args:
        path: see `mtnas_tf.data.from_file`.
        tasks: see `mtnas_tf.data.from_file`. Defaults to `()`.
        schema: see `mtnas_tf.data.from_file`.
        split: see `mtnas_tf.data.from_file`.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> frame.to_csv("log.csv", index=False)
    >>> describe_table("log.csv", ["click"])["fields"]["user"]["values"]
    2
    """
    rows = DealtRows(open_table(path), RowSplit() if split is None else split)
    if schema is None:
        schema = propose_for_rows(rows, tasks).schema
    return _page(str(path), schema, labelled_blocks(rows, schema))


class _FieldValues:
    """The distinct values of one field, and the rows of the table they use."""

    def __init__(self, schema: DatasetSchema, field: FieldSpec) -> None:
        self.field = field
        self.preprocessor = schema.preprocessor
        self.num_rows = 0
        self.num_missing_rows = 0
        self.num_missing_values = 0
        self._seen: set[int] = set()
        self._ids = [np.zeros(0, np.int32)]

    @property
    def ids(self) -> np.ndarray:
        """The id of every distinct value."""
        return np.concatenate(self._ids)

    def update(self, block: Mapping[str, Array]) -> None:
        rows = objects(block[self.field.name])
        self.num_rows += len(rows)
        if self.field.max_length is not None:
            lists = list(map(self.field.items, rows))
            self.num_missing_rows += lists.count([None])
            rows = list(itertools.chain.from_iterable(lists))
        # Typed: 1, 1.0 and True are equal, and differ as texts.
        counts = Counter(zip(map(type, rows), rows, strict=True))
        missing = self.field.text(None)
        new = []
        for (_, value), count in counts.items():
            text = self.field.text(value)
            if text == missing and self.field.max_length is None:
                self.num_missing_rows += count
            if hash(text) not in self._seen:
                self._seen.add(hash(text))
                self.num_missing_values += text == missing
                new.append(value)
        self._ids.append(self.preprocessor.ids_of(self.field.name, new))


def _page(
    name: str,
    schema: DatasetSchema,
    blocks: Iterable[tuple[str, Mapping[str, Array]]],
) -> Page:
    labels = LabelStatistics(schema.task_names)
    fields = [
        _FieldValues(schema, field) for field in schema.preprocessor.id_fields
    ]
    rows = dict.fromkeys(SPLITS, 0)
    for split, block in blocks:
        rows[split] += labels.update(block)
        for field in fields:
            field.update(block)
    return {
        "name": name,
        "num_buckets": schema.num_buckets,
        "rows": rows,
        "held_out": 0,
        "tasks": labels.tasks(),
        "correlations": labels.correlations(),
        "fields": _pages(fields, schema.num_buckets),
    }


def _pages(fields: Sequence[_FieldValues], num_buckets: int) -> Page:
    # A value that two fields share is no collision.
    every = np.concatenate(
        [
            np.zeros(0, np.int32),
            *(values.ids for values in fields if values.field.rows_of is None),
        ]
    )
    uses = np.bincount(every, minlength=num_buckets)
    return {
        values.field.name: {
            "kind": values.field.kind,
            "values": len(values.ids) - values.num_missing_values,
            "missing": values.num_missing_rows / values.num_rows,
            "collisions": float((uses[values.ids] > 1).mean()),
        }
        for values in fields
    }
