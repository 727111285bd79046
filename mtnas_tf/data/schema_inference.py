"""A schema proposed from a table's columns."""

import dataclasses
import functools
import itertools
from collections import Counter
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing.raw_value import Value
from mtnas_preprocessing.tables import Columns
from mtnas_tf.data.column_proposal import ColumnProposal
from mtnas_tf.data.column_summary import ColumnSummary
from mtnas_tf.data.frame_table import FrameTable
from mtnas_tf.data.proposed_field import proposed_field
from mtnas_tf.data.proposed_task import proposed_task
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.schema_proposal import SchemaProposal
from mtnas_tf.data.vocabulary import with_vocabulary

FLOATS = ("bucketize", "standardize")
ROWS_PER_PART = 200_000
# Rows of the table for each value seen, so that one in ten collides.
BUCKETS_PER_VALUE = 10
MIN_BUCKETS, MAX_BUCKETS = 1_000, 4_000_000


def infer_schema(
    frame: pd.DataFrame,
    tasks: Sequence[str],
    *,
    name: str = "table",
    exclude: Collection[str] = (),
    floats: str = "bucketize",
    min_count: int | None = None,
    num_buckets: int | None = None,
) -> DatasetSchema:
    """Proposes a schema; edit it, and save it with `schema.save`.

    Texts and integers are embedded as they are. Floats, and integers that are
    amounts, are cut at up to 32 quantiles or standardized; a frequent value
    such as 0 has a bucket of its own. Lists are pooled, up to 20 values or the
    length that covers 95 % of them; lists of floats are vectors. Times, and
    texts that differ in nearly every row, are left out with a
    warning. A task is
    binary if its labels are 0 and 1, a regression otherwise: numbers of classes
    look like any others, so a multi-class task is made by editing the schema.
    `propose_schema` gives the reasons, too.

    Args:
        frame: pandas DataFrame. Its statistics enter the schema: pass training
            rows alone.
        tasks: names of the columns that are labels.
        name: string. Name of the data set. Defaults to `"table"`.
        exclude: names of columns that are no fields. Defaults to `()`.
        floats: `"bucketize"` or `"standardize"`. Defaults to `"bucketize"`.
        min_count: int > 0. Values that occur at least so often get a row of the
            embedding table to themselves, and all others of a field share one.
            Defaults to `None`: values are hashed.
        num_buckets: int > 0. Rows of the embedding table. Defaults to ten for
            each value seen, from a thousand to four million.

    Returns:
        `DatasetSchema`.

    Raises:
        ValueError: if a column is missing, or labels are no numbers.

    Example:
    >>> frame = pd.DataFrame({"age": [1.5, 2.5, 8.0, 9.5], "click": [0, 1] * 2})
    >>> (age,) = infer_schema(frame, ["click"], floats="standardize").fields
    >>> age.kind, age.mean
    ('float', 5.375)
    """
    table = FrameTable(frame)
    parts = (
        (part, np.ones(len(part[table.names[0]]), bool))
        for part in table.parts(ROWS_PER_PART)
    )
    proposal = proposal_of_parts(
        parts,
        table.names,
        tasks,
        name=name,
        exclude=exclude,
        floats=floats,
        min_count=min_count,
        num_buckets=num_buckets,
    )
    proposal.warn()
    return proposal.schema


def proposal_of_parts(
    parts: Iterable[tuple[Columns, np.ndarray]],
    columns: Sequence[str],
    tasks: Sequence[str],
    *,
    name: str = "table",
    exclude: Collection[str] = (),
    floats: str = "bucketize",
    min_count: int | None = None,
    num_buckets: int | None = None,
) -> SchemaProposal:
    """As `infer_schema`, for a table that is read a part at a time.

    Kinds are decided by all rows, statistics come from training rows.

    Args:
        parts: the table's parts in order, each with a bool `(rows,)`: which
            rows are for training.
        columns: names of the columns.
        tasks: see `infer_schema`.
        name: see `infer_schema`.
        exclude: see `infer_schema`.
        floats: see `infer_schema`.
        min_count: see `infer_schema`.
        num_buckets: see `infer_schema`.

    Returns:
        `SchemaProposal`.
    """
    if floats not in FLOATS:
        raise ValueError(
            f"`floats` must be one of {FLOATS}. Received: floats={floats!r}"
        )
    _check_names(columns, tasks, exclude)
    chosen = [c for c in columns if c in tasks or c not in exclude]
    summaries = {column: ColumnSummary(column) for column in chosen}
    for part, is_training in parts:
        for summary in summaries.values():
            summary.update(part[summary.name], is_training)
    if not any(summary.looks for summary in summaries.values()):
        raise ValueError("The table must have rows. Received: none")
    specs = tuple(proposed_task(summaries.pop(task)) for task in tasks)
    found = _proposed_fields(list(summaries.values()), floats)
    counts = {c.name: _counts(c.field, summaries[c.name]) for c in found}
    if min_count is not None:
        found = [_with_vocabulary(c, counts[c.name], min_count) for c in found]
    fields = tuple(c.field for c in found if c.field is not None)
    if not fields:
        raise ValueError(
            "The table must have a column that can be a field. Received: "
            f"{[(c.name, c.why) for c in found]}"
        )
    schema = DatasetSchema(
        name=name,
        fields=fields,
        tasks=specs,
        num_buckets=num_buckets or _num_buckets(counts.values()),
    )
    return SchemaProposal(schema=schema, columns=tuple(found))


def _check_names(
    columns: Sequence[str], tasks: Sequence[str], exclude: Collection[str]
) -> None:
    if not tasks or isinstance(tasks, str):
        raise ValueError(
            "`tasks` must name the columns that are labels, or `schema` must "
            f"be given. Received: tasks={tasks!r}"
        )
    if len(set(tasks)) < len(tasks):
        raise ValueError(f"`tasks` must be distinct. Received: {list(tasks)}")
    wrong = [column for column in (*tasks, *exclude) if column not in columns]
    if wrong:
        raise ValueError(
            "`tasks` and `exclude` must name columns of the table. "
            f"Received: {wrong}, with columns {list(columns)}"
        )


def _proposed_fields(
    summaries: list[ColumnSummary], floats: str
) -> list[ColumnProposal]:
    """Columns that name rows are fields only where there are no others."""
    found = [proposed_field(summary, floats) for summary in summaries]
    if any(column.field is not None for column in found):
        return found
    return [proposed_field(summary, floats, True) for summary in summaries]


def _with_vocabulary(
    column: ColumnProposal, counts: Counter[str], min_count: int
) -> ColumnProposal:
    if column.field is None:
        return column
    field = with_vocabulary(column.field, counts, min_count)
    return dataclasses.replace(column, field=field)


def _counts(field: FieldSpec | None, summary: ColumnSummary) -> Counter[str]:
    """Counts of each text of a field in the sample."""
    if field is None or not field.is_embedded:
        return Counter()
    values: list[Value] = summary.sample
    if field.max_length is not None:
        values = list(itertools.chain.from_iterable(map(field.items, values)))
    # Typed: 1, 1.0 and True are equal, and differ as texts.
    text = functools.lru_cache(maxsize=None, typed=True)(field.text)
    return Counter(map(text, values))


def _num_buckets(counts: Iterable[Counter[str]]) -> int:
    num_values = sum(map(len, counts))
    wanted = BUCKETS_PER_VALUE * num_values
    return int(np.clip(wanted, MIN_BUCKETS, MAX_BUCKETS))
