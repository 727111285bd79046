"""Rows of raw fields -> the arrays a model reads."""

import functools
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_preprocessing.field_spec import FieldSpec
from mtnas_preprocessing.hashing import bucket_id

MAX_BUCKETS = 2**31 - 1  # ids are int32


class Preprocessor:
    """Turns columns of raw values into `{"ids": ..., "values": ...}`.

    String and integer fields become one column each of `ids`; vector fields
    are concatenated into `values`. A key is absent when no field feeds it.

    Args:
        fields: sequence of `FieldSpec`, at least one, names distinct. Its
            order is the order of the columns.
        num_buckets: int > 0. Rows of the shared table. Ids lie in
            `[0, num_buckets)`.

    Example:
    >>> city = FieldSpec(name="city")
    >>> ids = Preprocessor([city], num_buckets=10)({"city": ["paris", None]})
    >>> ids["ids"].shape
    (2, 1)
    """

    def __init__(self, fields: Sequence[FieldSpec], num_buckets: int) -> None:
        names = [field.name for field in fields]
        if not names or len(set(names)) != len(names):
            raise ValueError(
                "`fields` must hold at least one field, under distinct names. "
                f"Received: fields={names}"
            )
        if not 0 < num_buckets <= MAX_BUCKETS:
            raise ValueError(
                f"`num_buckets` must lie in [1, {MAX_BUCKETS}]. "
                f"Received: num_buckets={num_buckets}"
            )
        self.fields = tuple(fields)
        self.num_buckets = num_buckets

    @property
    def id_fields(self) -> tuple[FieldSpec, ...]:
        return tuple(f for f in self.fields if f.kind != "vector")

    @property
    def value_fields(self) -> tuple[FieldSpec, ...]:
        return tuple(f for f in self.fields if f.kind == "vector")

    @property
    def num_values(self) -> int:
        """Floats per row, over all vector fields."""
        return sum(field.size for field in self.value_fields)

    def __call__(
        self, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]] | Any
    ) -> dict[str, np.ndarray]:
        """Encodes rows.

        Args:
            rows: a mapping of column name -> values (a dict of arrays or
                lists, or a pandas DataFrame), or a list of dicts, one a row.
                Columns that are no field are ignored.

        Returns:
            dict: `ids`, int32 `(rows, id fields)`, and `values`, float32
            `(rows, floats)`; a key is absent when no field feeds it.
        """
        columns = self._columns(rows)
        arrays = {}
        if self.id_fields:
            arrays["ids"] = np.stack(
                [self._ids(f, columns[f.name]) for f in self.id_fields], axis=1
            )
        if self.value_fields:
            arrays["values"] = np.concatenate(
                [self._values(f, columns[f.name]) for f in self.value_fields],
                axis=1,
            )
        return arrays

    def to_dict(self) -> dict[str, Any]:
        """The preprocessing as plain data, for JSON."""
        return {
            "hash": "md5",
            "num_buckets": self.num_buckets,
            "fields": [
                {"name": f.name, "kind": f.kind, "size": f.size}
                for f in self.fields
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Preprocessor":
        """The inverse of `to_dict`."""
        if data["hash"] != "md5":
            raise ValueError(
                f"`hash` must be 'md5'. Received: hash={data['hash']!r}"
            )
        fields = [FieldSpec(**field) for field in data["fields"]]
        return cls(fields, data["num_buckets"])

    def _columns(self, rows: Any) -> dict[str, Any]:
        if isinstance(rows, Sequence):
            rows = _transpose(rows, self.fields)
        missing = [f.name for f in self.fields if f.name not in rows]
        if missing:
            raise ValueError(
                f"`rows` must hold every field. Missing: {missing}. "
                f"Received: {list(rows)}"
            )
        columns = {f.name: _objects(rows[f.name]) for f in self.fields}
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(
                "`rows` must hold the same number of rows in every column. "
                f"Received: {lengths}"
            )
        return columns

    def _ids(self, field: FieldSpec, values: list[Any]) -> np.ndarray:
        # Typed: 1, 1.0 and True are equal, and differ as texts.
        lookup = functools.lru_cache(maxsize=None, typed=True)(
            functools.partial(self._id, field)
        )
        return np.fromiter(map(lookup, values), np.int32, len(values))

    def _id(self, field: FieldSpec, value: Any) -> int:
        try:
            text = field.text(value)
        except (ValueError, OverflowError) as error:
            content = "integers" if field.kind == "integer" else "UTF-8 text"
            raise ValueError(
                f"Field `{field.name}` must hold {content}. Received: {value!r}"
            ) from error
        return bucket_id(field.name, text, self.num_buckets)

    def _values(self, field: FieldSpec, values: list[Any]) -> np.ndarray:
        rule = (
            f"Field `{field.name}` must hold {field.size} finite floats a row"
        )
        shape = (len(values), field.size)
        try:
            array = np.asarray(values, np.float32).reshape(shape)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{rule}. Received: {error}") from error
        bad = ~np.isfinite(array).all(axis=1)
        if bad.any():
            raise ValueError(f"{rule}. Received: {values[bad.argmax()]!r}")
        return array


def _transpose(
    rows: Sequence[Mapping[str, Any]], fields: Sequence[FieldSpec]
) -> dict[str, list[Any]]:
    """List of row dicts -> dict of columns; an absent key is a missing value.

    A field that no row has is left out, so that it is reported.
    """
    return {
        f.name: [row.get(f.name) for row in rows]
        for f in fields
        if not rows or any(f.name in row for row in rows)
    }


def _objects(column: Any) -> list[Any]:
    """A column as Python objects, pandas' own missing values as None."""
    if hasattr(column, "isna"):
        column = column.astype(object).where(~column.isna(), None)
    return column.tolist() if hasattr(column, "tolist") else list(column)
