"""Rows in any form -> columns of raw values."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from collections.abc import Set
from typing import Any

import numpy as np

from mtnas_preprocessing.field_spec import FieldSpec
from mtnas_preprocessing.raw_value import Value

# A list of dicts, a dict of columns or a DataFrame.
Rows = Sequence[Mapping[str, Value]] | Mapping[str, Any] | Any
Columns = dict[str, list[Value]]


def columns_of(rows: Rows, fields: Sequence[FieldSpec]) -> Columns:
    """The columns of fields, each a list of as many values.

    Args:
        rows: a list of dicts, one a row, a dict of columns, or a DataFrame.
        fields: `FieldSpec`s whose names are the columns.

    Raises:
        ValueError: if rows are of another form, lack a column, have one twice,
            or columns differ in length.

    Example:
    >>> columns_of([{"age": 3}, {"age": 4}], [FieldSpec(name="age")])
    {'age': [3, 4]}
    """
    if isinstance(rows, Mapping):
        _check_is_not_a_row(rows)
    elif isinstance(rows, Sequence) and not isinstance(rows, str | bytes):
        rows = _transpose(rows, fields)
    elif not hasattr(rows, "columns"):  # no DataFrame
        raise ValueError(
            "`rows` must be a list of dicts, a dict of columns or a "
            f"DataFrame. Received: {type(rows).__name__}"
        )
    names = [field.name for field in fields]
    _check_names(rows, names)
    columns = {name: objects(rows[name]) for name in names}
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            "`rows` must hold the same number of rows in every column. "
            f"Received: {lengths}"
        )
    return columns


def objects(column: Any) -> list[Value]:
    """A column as Python objects, pandas' own missing values as None.

    Floats of 16 and 32 bits stay such: they are exact to fewer digits.

    Args:
        column: list, NumPy array or pandas Series.
    """
    dtype: Any = getattr(column, "dtype", None)
    kind = getattr(dtype, "kind", None)
    if kind == "f" and getattr(dtype, "itemsize", 8) < 8:
        if hasattr(column, "isna"):
            name = f"f{dtype.itemsize}"
            column = column.to_numpy(name, na_value=np.nan)
        return list(column)
    if hasattr(column, "isna"):
        column = column.astype(object).where(~column.isna(), None)
    if kind in ("M", "m"):  # NumPy would make integers of its times
        return list(column)
    return column.tolist() if hasattr(column, "tolist") else list(column)


def _transpose(
    rows: Sequence[Mapping[str, Value]], fields: Sequence[FieldSpec]
) -> Columns:
    """List of row dicts -> dict of columns; an absent key is a missing value.

    A field that no row has is left out, so that it is reported.
    """
    odd = [row for row in rows if not isinstance(row, Mapping)]
    if odd:
        raise ValueError(
            "`rows` must hold a dict for each row. "
            f"Received: {odd[0]!r} among them"
        )
    return {
        f.name: [row.get(f.name) for row in rows]
        for f in fields
        if not rows or any(f.name in row for row in rows)
    }


def _check_is_not_a_row(columns: Mapping[str, object]) -> None:
    single = {
        name: value
        for name, value in columns.items()
        if isinstance(value, str | bytes | Mapping | Set)
        or not isinstance(value, Iterable)
    }
    if single:
        raise ValueError(
            "`rows` must be a list of dicts, one a row, or a dict of columns, "
            "which are lists or arrays. Received: a dict of other values, "
            f"{single}; one row is [{{...}}]"
        )


def _check_names(rows: Any, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in rows]
    if missing:
        raise ValueError(
            f"`rows` must hold every field. Missing: {missing}. "
            f"Received: {list(rows)}"
        )
    # A DataFrame has all columns of a name as one DataFrame.
    repeated = [name for name in names if hasattr(rows[name], "columns")]
    if repeated:
        raise ValueError(
            "`rows` must have distinct columns. "
            f"Received: {repeated} more than once"
        )
