"""A schema proposed from a table's columns."""

from collections import Counter
from collections.abc import Collection
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.schema import TaskSpec
from mtnas_tf.data.vocabulary import with_vocabulary

FLOATS = ("bucketize", "standardize")
NUM_QUANTILES = 32
LONGEST_LIST = 20
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

    A column of texts or integers is embedded as it is, one of lists as a list
    of at most 20 values, no longer than 95 % of its lists; whole numbers that
    are floats only because some are missing are integers. Other floats are cut
    at up to 32 quantiles, or standardized. A task is binary if its labels are
    0 and 1, a regression otherwise: numbers of classes look like any others, so
    a multi-class task is made by editing the schema.

    Args:
        frame: pandas DataFrame. Its statistics enter the schema: pass training
            rows alone.
        tasks: names of the columns that are labels.
        name: string. Name of the data set. Defaults to `"table"`.
        exclude: names of columns that are no fields. Defaults to `()`.
        floats: `"bucketize"` or `"standardize"`. Defaults to `"bucketize"`.
        min_count: int > 0. Values that occur as often get a row of the
            embedding table to themselves, and all others of a field share one.
            Defaults to `None`: values are hashed.
        num_buckets: int > 0. Rows of the embedding table. Defaults to ten for
            each value seen, from a thousand to four million.

    Returns:
        `DatasetSchema`.

    Raises:
        ValueError: if a column is missing, or holds dates or objects of
            another kind, which must be converted or excluded.
    """
    if floats not in FLOATS:
        raise ValueError(
            f"`floats` must be one of {FLOATS}. Received: floats={floats!r}"
        )
    wrong = [column for column in (*tasks, *exclude) if column not in frame]
    if wrong:
        raise ValueError(
            "`tasks` and `exclude` must name columns of the table. "
            f"Received: {wrong}, with columns {list(frame)}"
        )
    chosen = [c for c in frame if c not in {*tasks, *exclude}]
    fields = [_field(frame[column], floats) for column in chosen]
    counts = {f.name: _counts(f, frame[f.name]) for f in fields}
    if min_count is not None:
        fields = [
            with_vocabulary(field, counts[field.name], min_count)
            for field in fields
        ]
    return DatasetSchema(
        name=name,
        fields=tuple(fields),
        tasks=tuple(_task(frame[task]) for task in tasks),
        num_buckets=num_buckets or _num_buckets(counts.values()),
    )


def _field(column: pd.Series, floats: str) -> FieldSpec:
    name = str(column.name)
    known = column.dropna()
    if len(known) and known.map(_is_list).all():
        return _list_field(name, known)
    if types.is_bool_dtype(column) or types.is_integer_dtype(column):
        return FieldSpec(name=name, kind="integer")
    if types.is_float_dtype(column):
        return _float_field(name, known.to_numpy(np.float64), floats)
    if known.map(lambda value: isinstance(value, str | bytes)).all():
        return FieldSpec(name=name)
    raise ValueError(
        f"Column `{name}` must hold texts, numbers or lists: convert it, or "
        f"`exclude` it. Received: {known.iloc[0]!r}"
    )


def _list_field(name: str, lists: pd.Series) -> FieldSpec:
    lengths = lists.map(len)
    length = int(np.clip(np.ceil(lengths.quantile(0.95)), 1, LONGEST_LIST))
    items = lists.explode().dropna()
    is_integer = items.map(types.is_integer).all() and len(items) > 0
    kind = "integer" if is_integer else "string"
    return FieldSpec(name=name, kind=kind, max_length=length)


def _float_field(name: str, values: np.ndarray, floats: str) -> FieldSpec:
    values = values[np.isfinite(values)]
    if len(values) and (values == np.round(values)).all():
        return FieldSpec(name=name, kind="integer")
    if floats == "standardize" or not len(values):
        mean = float(values.mean()) if len(values) else 0.0
        scale = float(values.std()) if len(values) else 1.0
        return FieldSpec(name=name, kind="float", mean=mean, scale=scale or 1.0)
    inner = np.linspace(0, 1, NUM_QUANTILES + 1)[1:-1]
    edges = np.unique(np.quantile(values, inner))
    return FieldSpec(name=name, kind="float", boundaries=tuple(edges.tolist()))


def _counts(field: FieldSpec, column: pd.Series) -> Counter[str]:
    """How often each text of a field occurs."""
    if not field.is_embedded:
        return Counter()
    values: Any = column.astype(object).where(~column.isna(), None).tolist()
    if field.max_length is not None:
        values = [item for value in values for item in field.items(value)]
    return Counter(field.text(value) for value in values)


def _task(column: pd.Series) -> TaskSpec:
    labels = pd.to_numeric(column.dropna(), errors="coerce")
    if labels.isna().any():
        raise ValueError(
            f"Column `{column.name}` must hold numbers, the labels of a task. "
            f"Received: {column[labels.index[labels.isna()][0]]!r}"
        )
    kind = "binary" if labels.isin([0, 1]).all() else "regression"
    return TaskSpec(name=str(column.name), kind=kind)


def _num_buckets(counts: Collection[Counter[str]]) -> int:
    num_values = sum(map(len, counts))
    wanted = BUCKETS_PER_VALUE * num_values
    return int(np.clip(wanted, MIN_BUCKETS, MAX_BUCKETS))


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple | np.ndarray)
