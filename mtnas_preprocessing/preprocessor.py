"""Rows of raw fields -> the arrays a model reads."""

import functools
import itertools
from collections.abc import Hashable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_preprocessing import raw_value
from mtnas_preprocessing.columns import Columns
from mtnas_preprocessing.columns import Rows
from mtnas_preprocessing.columns import columns_of
from mtnas_preprocessing.distinct import map_distinct
from mtnas_preprocessing.field_spec import FieldSpec
from mtnas_preprocessing.hashing import bucket_id
from mtnas_preprocessing.raw_value import Value
from mtnas_preprocessing.shared_rows import check_shared_rows
from mtnas_preprocessing.vectors import float32_vectors
from mtnas_preprocessing.vocabulary_rows import rows_of_vocabularies
from mtnas_preprocessing.wrong_value import wrong_value

MAX_BUCKETS = 2**31 - 1  # ids are int32
PADDING = -1  # behind the ids of a list that is not full
# Columns of these are cut into buckets at once, others value by value.
_PLAIN_FLOATS = ({float}, {np.float32}, {np.float64})
_CONTENTS = {"integer": "integers", "float": "numbers", "string": "UTF-8 text"}


class Preprocessor:
    """Turns columns of raw values into `{"ids": ..., "values": ...}`.

    Fields that are embedded become columns of `ids`, one each, a list as many
    as its `max_length`; the others are concatenated into `values`. A key is
    absent when no field feeds it.

    Fields with a vocabulary own the first rows of the table, all others are
    hashed into the rest. A field with `rows_of` has the other's ids.

    Args:
        fields: sequence of `FieldSpec`, at least one, names distinct. Its
            order is the order of the columns.
        num_buckets: int > 0. Rows of the shared table. Ids lie in
            `[0, num_buckets)`; behind a list that is not full they are -1.

    Example:
    >>> city = FieldSpec(name="city")
    >>> ids = Preprocessor([city], num_buckets=10)({"city": ["paris", None]})
    >>> ids["ids"].shape
    (2, 1)
    """

    def __init__(self, fields: Sequence[FieldSpec], num_buckets: int) -> None:
        odd = [field for field in fields if not isinstance(field, FieldSpec)]
        if odd:
            raise ValueError(
                "`fields` must hold `FieldSpec`s. "
                f"Received: {odd[0]!r} among them"
            )
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
        check_shared_rows(fields)
        self.fields = tuple(fields)
        self.num_buckets = num_buckets
        self._rows, self._num_owned = rows_of_vocabularies(self.fields)
        if self._num_owned >= num_buckets:
            raise ValueError(
                "`num_buckets` must exceed the rows of all vocabularies, "
                f"{self._num_owned}. Received: num_buckets={num_buckets}"
            )

    @property
    def id_fields(self) -> tuple[FieldSpec, ...]:
        return tuple(f for f in self.fields if f.is_embedded)

    @property
    def value_fields(self) -> tuple[FieldSpec, ...]:
        return tuple(f for f in self.fields if not f.is_embedded)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Columns of `ids` of each field that is embedded."""
        return tuple(field.num_ids for field in self.id_fields)

    def id_columns(self, name: str) -> slice:
        """The columns of `ids` that one field feeds, as many as a list is long.

        A list takes several columns, so the position of a field is not that of
        its columns.

        Args:
            name: string. Name of a field that is embedded.

        Raises:
            ValueError: if there is no such field.

        Example:
        >>> likes = FieldSpec(name="likes", max_length=3)
        >>> fields = [likes, FieldSpec(name="user")]
        >>> Preprocessor(fields, num_buckets=10).id_columns("user")
        slice(3, 4, None)
        """
        names = [field.name for field in self.id_fields]
        if name not in names:
            raise ValueError(
                f"`name` must be one of the embedded fields {names}. "
                f"Received: name={name!r}"
            )
        index = names.index(name)
        start = sum(self.lengths[:index])
        return slice(start, start + self.lengths[index])

    def ids_of(self, name: str, values: Sequence[Value]) -> np.ndarray:
        """The ids that single values of one field get, those of a list's too.

        Args:
            name: string. Name of a field that is embedded.
            values: sequence of raw values.

        Returns:
            int32 `(len(values),)`.

        Raises:
            ValueError: for a value that is not what the field holds.

        Example:
        >>> likes = FieldSpec(name="likes", max_length=3, vocabulary=("a", "b"))
        >>> preprocessor = Preprocessor([likes], num_buckets=10)
        >>> preprocessor.ids_of("likes", ["b", "a"]).tolist()
        [1, 0]
        """
        fields = {field.name: field for field in self.id_fields}
        return self._look_up(fields[name], list(values))

    @property
    def num_ids(self) -> int:
        """Columns of `ids`."""
        return sum(self.lengths)

    @property
    def num_values(self) -> int:
        """Columns of `values`."""
        return sum(field.num_values for field in self.fields)

    @property
    def may_pad(self) -> np.ndarray:
        """Which columns of `ids` may hold padding: a list's but the first."""
        return np.concatenate(
            [np.zeros(0, bool), *(np.arange(n) > 0 for n in self.lengths)]
        )

    def __call__(
        self,
        rows: Rows,
        first_row: int = 0,
    ) -> dict[str, np.ndarray]:
        """Encodes rows.

        Args:
            rows: a mapping of column name -> values (a dict of arrays or
                lists, or a pandas DataFrame), or a list of dicts, one a row.
                Columns that are no field are ignored.
            first_row: int. The number that errors give the first row. Defaults
                to `0`.

        Returns:
            dict: `ids`, int32 `(rows, num_ids)`, and `values`, float32
            `(rows, num_values)`; a key is absent when no field feeds it.

        Raises:
            ValueError: if a field is missing, or a value is not what its field
                holds; it names the row.
        """
        columns = columns_of(rows, self.fields)
        try:
            return self._encode(columns)
        except ValueError as error:
            row = first_row + self._first_wrong_row(columns)
            raise ValueError(f"Row {row}: {error}") from error

    def _encode(self, columns: Columns) -> dict[str, np.ndarray]:
        arrays = {}
        if self.id_fields:
            arrays["ids"] = np.concatenate(
                [self._ids(f, columns[f.name]) for f in self.id_fields], axis=1
            )
        if self.value_fields:
            arrays["values"] = np.concatenate(
                [self._values(f, columns[f.name]) for f in self.value_fields],
                axis=1,
            )
        return arrays

    def _first_wrong_row(self, columns: Columns) -> int:
        """Number of the first row that cannot be encoded; there must be one."""
        start, stop = 0, len(next(iter(columns.values())))
        while stop - start > 1:
            middle = (start + stop) // 2
            try:
                self._encode({n: v[start:middle] for n, v in columns.items()})
                start = middle
            except ValueError:
                stop = middle
        return start

    def to_dict(self) -> dict[str, Any]:
        """The preprocessing as plain data, for JSON."""
        return {
            "hash": "md5",
            "num_buckets": self.num_buckets,
            "fields": [field.to_dict() for field in self.fields],
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

    def _ids(self, field: FieldSpec, values: list[Value]) -> np.ndarray:
        """`(rows, field.num_ids)`."""
        if field.max_length is None:
            return self._look_up(field, values)[:, None]
        rows = [self._items(field, value) for value in values]
        lengths = np.array([len(row) for row in rows], np.int64)
        ids = np.full((len(rows), field.max_length), PADDING, np.int32)
        is_filled = np.arange(field.max_length) < lengths[:, None]
        items = list(itertools.chain.from_iterable(rows))
        ids[is_filled] = self._look_up(field, items)
        return ids

    def _look_up(self, field: FieldSpec, values: list[Value]) -> np.ndarray:
        if field.kind == "float" and set(map(type, values)) in _PLAIN_FLOATS:
            texts = [*map(str, range(len(field.boundaries) + 1)), ""]
            ids = [self._id_of_text(field, text) for text in texts]
            return np.array(ids, np.int32)[field.buckets(np.array(values))]
        try:
            return map_distinct(functools.partial(self._id, field), values)
        except TypeError as error:  # not hashable, such as a list
            odd = [v for v in values if not isinstance(v, Hashable)]
            raise wrong_value(field, "one value a row", odd) from error

    def _items(self, field: FieldSpec, value: Value) -> list[Value]:
        try:
            return field.items(value)
        except ValueError as error:
            raise wrong_value(field, "lists", value) from error

    def _id(self, field: FieldSpec, value: Value) -> int:
        try:
            text = field.text(value)
        except (ValueError, OverflowError, TypeError) as error:
            raise wrong_value(field, _CONTENTS[field.kind], value) from error
        return self._id_of_text(field, text)

    def _id_of_text(self, field: FieldSpec, text: str) -> int:
        rows = self._rows.get(field.row_owner)
        if rows is not None:
            return rows.get(text, rows[None])
        free = self.num_buckets - self._num_owned
        return self._num_owned + bucket_id(field.row_owner, text, free)

    def _values(self, field: FieldSpec, values: list[Value]) -> np.ndarray:
        """`(rows, field.num_values)`."""
        if field.kind == "float":
            numbers = [self._number(field, value) for value in values]
            return np.array(numbers, np.float32)[:, None]
        rule = f"{field.size} finite floats a row"
        try:
            array = float32_vectors(field, values)
        except (TypeError, ValueError) as error:
            raise wrong_value(field, rule, error) from error
        bad = ~np.isfinite(array).all(axis=1)
        if bad.any():
            raise wrong_value(field, rule, values[bad.argmax()])
        return array

    def _number(self, field: FieldSpec, value: Value) -> float:
        try:
            number = field.number(value)
        except (TypeError, ValueError) as error:
            raise wrong_value(field, "numbers", value) from error
        if not abs(number) <= raw_value.LARGEST_FLOAT32:
            raise wrong_value(field, "finite numbers", value)
        return number
