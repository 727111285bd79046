"""What a prepared data set holds: rows, labels, fields, collisions of ids."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data.label_statistics import LabelStatistics
from mtnas_tf.data.pipeline import prepare
from mtnas_tf.data.pipeline import schema_of
from mtnas_tf.data.records import Columns
from mtnas_tf.data.records import read_blocks
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.split import SPLITS

Page = dict[str, Any]


def describe(
    name: str,
    data_dir: str | Path | None = None,
    num_buckets: int | None = None,
) -> Page:
    """Counts what the rows of all splits hold, a block of them at a time.

    Of every distinct value its hash is kept, of 64 bits.

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
        that another value, of any field, shares its row of the table with.
    """
    schema = schema_of(name)
    if num_buckets is not None:
        schema = dataclasses.replace(schema, num_buckets=num_buckets)
    builder = prepare(name, data_dir=data_dir)
    labels = LabelStatistics(schema.task_names)
    fields = [
        _FieldValues(dataclasses.replace(schema, fields=(field,)))
        for field in schema.preprocessor.id_fields
    ]
    rows = dict.fromkeys(SPLITS, 0)
    for split in SPLITS:
        for block in read_blocks(builder, split, schema):
            rows[split] += labels.update(block)
            for field in fields:
                field.update(block)
    return {
        "name": name,
        "num_buckets": schema.num_buckets,
        "rows": rows,
        "tasks": labels.tasks(),
        "correlations": labels.correlations(),
        "fields": _pages(fields, schema.num_buckets),
    }


class _FieldValues:
    """The distinct values of one field, and what rows of the table they use."""

    def __init__(self, schema: DatasetSchema) -> None:
        self.schema = schema
        (self.field,) = schema.fields
        self.num_rows = 0
        self.num_missing_rows = 0
        self.num_missing_values = 0
        self._seen: set[int] = set()
        self._ids = [np.zeros(0, np.int32)]

    @property
    def ids(self) -> np.ndarray:
        """The id of every distinct value."""
        return np.concatenate(self._ids)

    def update(self, block: Columns) -> None:
        codes, values = pd.factorize(block[self.field.name])
        missing = np.array(
            [_is_missing(self.field, value) for value in values], bool
        )
        self.num_rows += len(codes)
        self.num_missing_rows += int(missing[codes].sum())
        hashes = pd.util.hash_array(values, categorize=False).tolist()
        is_new = np.array([value not in self._seen for value in hashes], bool)
        self._seen.update(hashes)
        self.num_missing_values += int(missing[is_new].sum())
        new = {self.field.name: values[is_new]}
        self._ids.append(self.schema.preprocessor(new)["ids"][:, 0])


def _pages(fields: Sequence[_FieldValues], num_buckets: int) -> Page:
    every = np.concatenate(
        [np.zeros(0, np.int32), *(field.ids for field in fields)]
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


def _is_missing(field: FieldSpec, value: Any) -> bool:
    return field.text(value) == field.text(None)
