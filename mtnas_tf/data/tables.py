"""A user's own table -> the batches of a `MultiTaskData`."""

import dataclasses
import os
from collections.abc import Collection
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mtnas_preprocessing.tables import Table
from mtnas_preprocessing.tables import open_table
from mtnas_tf.arguments import check_instances
from mtnas_tf.data.dealt_rows import DealtRows
from mtnas_tf.data.frame_table import FrameTable
from mtnas_tf.data.multi_task_data import MultiTaskData
from mtnas_tf.data.row_split import RowSplit
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.schema_inference import proposal_of_parts
from mtnas_tf.data.schema_proposal import SchemaProposal
from mtnas_tf.data.split import SPLITS
from mtnas_tf.data.split import Split
from mtnas_tf.data.table_labels import labels_of
from mtnas_tf.data.vocabulary import with_vocabularies

Path = str | os.PathLike[str]


def from_dataframe(
    frame: pd.DataFrame,
    tasks: Sequence[str] = (),
    *,
    schema: DatasetSchema | None = None,
    split: RowSplit | None = None,
    exclude: Collection[str] = (),
    num_buckets: int | None = None,
    min_count: int | None = None,
    **kwargs: Any,
) -> MultiTaskData:
    """Encodes and splits a table.

    Args:
        frame: pandas DataFrame with a column for each field and task; levels of
            its index that have a name are columns, too, but a `RangeIndex`,
            which only counts rows, is none. `None`, NaN and pandas' own are
            missing values, in labels too.
        tasks: names of the columns that are labels, if there is no schema.
            Defaults to `()`.
        schema: `DatasetSchema`. Defaults to what `infer_schema` proposes: kinds
            for all rows, statistics from the first 200,000 training rows.
        split: `RowSplit`. Defaults to `RowSplit()`, at random.
        exclude: columns that are not fields, if there is no schema; a column of
            times that the split uses is never a field. Defaults to `()`.
        num_buckets: int > 0. Rows of the embedding table. Defaults to the
            schema's.
        min_count: int > 0. Values that occur at least so often in the training
            rows get a row of the table to themselves, and all others of a field
            share one. Defaults to `None`: values are hashed.
        **kwargs: `batch_size`, `reward_batch_size` and `seed` of
            `MultiTaskData`.

    Returns:
        `MultiTaskData`.

    Raises:
        ValueError: if a column is missing or a cell is not what its field or
            task holds; it names column and row, counted from 0.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> data = mt.data.from_dataframe(frame, ["click"], batch_size=16)
    >>> data.schema.save("schema.json")  # edit it, and pass it as `schema`
    >>> schema = mt.data.DatasetSchema.load("schema.json")
    >>> data = mt.data.from_dataframe(frame, schema=schema, batch_size=16)
    >>> {name: len(split) for name, split in data.splits.items()}
    {'train': 73, 'valid': 12, 'test': 15}
    """
    return from_table(
        FrameTable(frame),
        tasks,
        schema=schema,
        split=split,
        exclude=exclude,
        num_buckets=num_buckets,
        min_count=min_count,
        **kwargs,
    )


def from_csv(
    path: Path, tasks: Sequence[str] = (), **kwargs: Any
) -> MultiTaskData:
    """Encodes and splits a CSV file, read a part at a time.

    An empty cell is a missing value; a list is written `a|b|c`, or as JSON,
    Python or NumPy write it.

    Args:
        path: UTF-8 with a header, ends in `.csv`; may be compressed
            (`.csv.gz`, `.csv.bz2`, `.csv.xz`).
        tasks: see `from_dataframe`. Defaults to `()`.
        **kwargs: see `from_dataframe`.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> frame.to_csv("log.csv", index=False)
    >>> data = mt.data.from_csv("log.csv", ["click"], batch_size=16)
    >>> [field.name for field in data.schema.fields]
    ['user']
    """
    return from_file(path, tasks, **kwargs)


def from_parquet(
    path: Path, tasks: Sequence[str] = (), **kwargs: Any
) -> MultiTaskData:
    """Encodes and splits a Parquet file, read a part at a time.

    Args:
        path: a Parquet file, or a folder whose files are the table's parts.
        tasks: see `from_dataframe`. Defaults to `()`.
        **kwargs: see `from_dataframe`.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> frame.to_parquet("log.parquet")
    >>> data = mt.data.from_parquet("log.parquet", ["click"], batch_size=16)
    >>> data.steps_per_epoch
    4
    """
    return from_file(path, tasks, **kwargs)


def from_file(
    path: Path, tasks: Sequence[str] = (), **kwargs: Any
) -> MultiTaskData:
    """Encodes and splits a file of any kind that can be read.

    Args:
        path: a CSV, Parquet or JSON lines file, told apart by their names, or a
            folder of Parquet files, see `open_table`.
        tasks: see `from_dataframe`. Defaults to `()`.
        **kwargs: see `from_dataframe`.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> frame.to_json("log.jsonl", orient="records", lines=True)
    >>> data = mt.data.from_file("log.jsonl", ["click"], batch_size=16)
    >>> data.schema.task_names
    ('click',)
    """
    return from_table(open_table(path), tasks, **kwargs)


def from_table(
    table: Table,
    tasks: Sequence[str] = (),
    *,
    schema: DatasetSchema | None = None,
    split: RowSplit | None = None,
    exclude: Collection[str] = (),
    num_buckets: int | None = None,
    min_count: int | None = None,
    **kwargs: Any,
) -> MultiTaskData:
    """As `from_dataframe`, for an opened table.

    Args:
        table: `Table`.
        tasks: see `from_dataframe`. Defaults to `()`.
        schema: see `from_dataframe`.
        split: see `from_dataframe`.
        exclude: see `from_dataframe`. Defaults to `()`.
        num_buckets: see `from_dataframe`.
        min_count: see `from_dataframe`.
        **kwargs: see `from_dataframe`.
    """
    rows = DealtRows(table, RowSplit() if split is None else split)
    if schema is None:
        proposal = propose_for_rows(rows, tasks, exclude)
        proposal.warn()
        schema = proposal.schema
    else:
        check_instances(DatasetSchema, schema=schema)
        _check_said_twice(schema, tasks, exclude)
    _check_columns(table, schema)
    if num_buckets is not None:
        schema = dataclasses.replace(schema, num_buckets=num_buckets)
    if min_count is not None:
        schema = with_vocabularies(schema, rows.of_training(), min_count)
    train, valid, test = _encoded(rows, schema)
    return MultiTaskData(schema, train, valid, test, **kwargs)


def propose_schema(
    source: pd.DataFrame | Path,
    tasks: Sequence[str],
    *,
    split: RowSplit | None = None,
    exclude: Collection[str] = (),
) -> SchemaProposal:
    """Proposes a schema for a table, with the reasons.

    Args:
        source: pandas DataFrame, or a path as `from_file` takes it.
        tasks: names of the columns that are labels.
        split: see `from_dataframe`. Statistics are of its training rows.
        exclude: see `from_dataframe`. Defaults to `()`.

    Returns:
        `SchemaProposal`.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> for column in mt.data.propose_schema(frame, ["click"]).columns:
    ...     print(column.name, column.kind, column.why, sep=": ")
    user: string: texts
    """
    if isinstance(source, pd.DataFrame):
        table: Table = FrameTable(source)
    else:
        table = open_table(source)
    rows = DealtRows(table, RowSplit() if split is None else split)
    return propose_for_rows(rows, tasks, exclude)


def propose_for_rows(
    rows: DealtRows, tasks: Sequence[str], exclude: Collection[str] = ()
) -> SchemaProposal:
    """As `propose_schema`, for rows that may be read again.

    Args:
        rows: `DealtRows`.
        tasks: see `propose_schema`.
        exclude: see `propose_schema`. Defaults to `()`.
    """
    split = rows.split
    times = {str(split.column)} if split.kind == "time" else set()
    parts = ((part, places == 0) for part, places in rows.parts())
    excluded = {*exclude, *times}.difference(tasks)
    return proposal_of_parts(parts, rows.table.names, tasks, exclude=excluded)


def _check_said_twice(
    schema: DatasetSchema, tasks: Sequence[str], exclude: Collection[str]
) -> None:
    """Refuses `tasks` and `exclude` that contradict the schema."""
    if tasks and set(tasks) != set(schema.task_names):
        raise ValueError(
            "`tasks` must be left to the schema, or be its own "
            f"{list(schema.task_names)}. Received: {list(tasks)}"
        )
    read = sorted({field.name for field in schema.fields} & set(exclude))
    if read:
        raise ValueError(
            "`exclude` must not name fields of the schema; take them out of "
            f"it. Received: {read}"
        )


def _check_columns(table: Table, schema: DatasetSchema) -> None:
    for what, names in (
        ("field", [field.name for field in schema.fields]),
        ("task", list(schema.task_names)),
    ):
        missing = [name for name in names if name not in table.names]
        if missing:
            raise ValueError(
                f"The table must hold a column for every {what}. "
                f"Missing: {missing}. Received: {table.names}"
            )


def _encoded(dealt: DealtRows, schema: DatasetSchema) -> list[Split]:
    """The rows of each of `SPLITS`."""
    found: dict[str, list[Split]] = {name: [] for name in SPLITS}
    first_row = 0
    for part, places in dealt.parts("encoding"):
        inputs = schema.preprocessor(part, first_row)
        rows = Split(inputs, labels_of(schema, part, first_row))
        first_row += len(places)
        for index, name in enumerate(SPLITS):
            found[name].append(rows.take(np.flatnonzero(places == index)))
    if not first_row:
        raise ValueError("The table must have rows. Received: none")
    return [Split.concatenate(found[name]) for name in SPLITS]
