"""The specification of one input column."""

import bisect
import dataclasses
import functools
import itertools
import numbers
from typing import Any

import numpy as np

from mtnas_preprocessing import raw_value
from mtnas_preprocessing.raw_value import Value

KINDS = ("string", "integer", "float", "vector")


@dataclasses.dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """One input column.

    Args:
        name: string. The column's name in a row.
        kind: `"string"` or `"integer"`: the value has an embedding; `"float"`:
            a number, whose bucket has an embedding or which reaches the network
            standardized; `"vector"`: `size` floats that reach the network as
            they are. A string may be given as a number: 7, 7.0, "7" and "7.0"
            are one value; any other text is taken as it is written, so that
            "7", "07" and "7.00" are three. Defaults to `"string"`.
        size: int > 0. Floats per row of a vector; 1 for the other kinds.
            Defaults to `1`.
        max_length: int > 0, or `None` for one value a row. With a number a row
            holds a list of strings or integers, of which the last `max_length`
            are kept: the network reads the mean of their embeddings. A text is
            a list written `a|b|c`, or as JSON, Python or NumPy write lists.
            Defaults to `None`.
        boundaries: increasing floats, of a `"float"`: number i lies in bucket
            `sum(i >= b for b in boundaries)`, where both are rounded to
            float32, so that a value has one bucket whether it was kept in 32
            bits or in 64. Defaults to `()`, no buckets: the network reads
            `(value - mean) / scale`.
        mean: float, of a `"float"` without buckets. Defaults to `0.0`.
        scale: float > 0, of a `"float"` without buckets. Defaults to `1.0`.
        vocabulary: texts of the strings or integers that have a row of the
            table to themselves; all others share one more row. `None`: values
            are hashed. Defaults to `None`.
        rows_of: string. Another field of the strings or integers, whose rows of
            the table this one reads: a value has one embedding in both, such as
            a video in what was watched and as the row's own. Defaults to
            `None`, rows of its own.

    A missing value (`None` or NaN; for numbers also an empty text, "NA" and the
    like) is a category of its own: it is hashed as the empty string, or as -1
    for an integer; so is an empty list. A float without buckets takes its mean
    instead. A vector has no missing values.

    Example:
    >>> age = FieldSpec(name="age", kind="float", boundaries=(18.0, 65.0))
    >>> [age.text(value) for value in (7, "18", 70.5, None)]
    ['0', '1', '2', '']
    >>> zip_code = FieldSpec(name="zip")
    >>> [zip_code.text(value) for value in (7, 7.0, "7.0", "07")]
    ['7', '7', '7', '07']
    """

    name: str
    kind: str = "string"
    size: int = 1
    max_length: int | None = None
    boundaries: tuple[float, ...] = ()
    mean: float = 0.0
    scale: float = 1.0
    vocabulary: tuple[str, ...] | None = None
    rows_of: str | None = None

    def __post_init__(self) -> None:
        # From JSON they come as lists.
        object.__setattr__(self, "boundaries", tuple(self.boundaries))
        if isinstance(self.vocabulary, str):
            raise ValueError(
                "`vocabulary` must be a list of texts. "
                f"Received: {self.vocabulary!r}"
            )
        if self.vocabulary is not None:
            # "7.0" is looked up as "7".
            texts = tuple(
                raw_value.text(text) if isinstance(text, str) else text
                for text in self.vocabulary
            )
            object.__setattr__(self, "vocabulary", texts)
        if self.kind not in KINDS:
            raise ValueError(
                f"`kind` must be one of {KINDS}. Received: kind={self.kind!r}"
            )
        if self.size < 1 or (self.size > 1 and self.kind != "vector"):
            raise ValueError(
                "`size` must be positive, and 1 unless `kind` is 'vector'. "
                f"Received: size={self.size}, kind={self.kind!r}"
            )
        self._check_lists_and_vocabulary()
        self._check_float()

    @property
    def is_embedded(self) -> bool:
        """Whether the network reads embeddings of the field, not floats."""
        if self.kind == "float":
            return bool(self.boundaries)
        return self.kind != "vector"

    @property
    def row_owner(self) -> str:
        """Name of the field whose rows of the table are read."""
        return self.rows_of or self.name

    @property
    def num_ids(self) -> int:
        """Columns of `ids` that the field takes."""
        return (self.max_length or 1) * self.is_embedded

    @property
    def num_values(self) -> int:
        """Columns of `values` that the field takes."""
        return self.size * (not self.is_embedded)

    def text(self, value: Value) -> str:
        """The text that stands for one `value` when it is looked up."""
        if self.kind == "string":
            return raw_value.text(value)
        if self.kind == "integer":
            integer = raw_value.integer(value)
            return "-1" if integer is None else str(integer)
        number = raw_value.number(value)
        if number is None:
            return ""
        return str(bisect.bisect_right(self._edges, _float32(number)))

    def buckets(self, numbers: np.ndarray) -> np.ndarray:
        """The bucket of each number of a `"float"`; of NaN the one behind all.

        Args:
            numbers: floats of 32 or 64 bits, `(numbers,)`.
        """
        with np.errstate(over="ignore"):
            rounded = numbers.astype(np.float32)
        edges = np.array(self._edges, np.float32)
        found = np.searchsorted(edges, rounded, side="right")
        return np.where(np.isnan(rounded), len(self._edges) + 1, found)

    def items(self, value: Value) -> list[Value]:
        """The values of a row's list that are kept, at least one."""
        return raw_value.items(value)[-(self.max_length or 0) :] or [None]

    def number(self, value: Value) -> float:
        """The number that the network reads for a float without buckets."""
        number = raw_value.number(value)
        return 0.0 if number is None else (number - self.mean) / self.scale

    def vector(self, value: Value) -> list[float]:
        """The floats of one vector, NaN where one is missing."""
        if isinstance(value, numbers.Number):  # a vector of one
            value = [value]
        floats = [raw_value.number(item) for item in raw_value.items(value)]
        if len(floats) != self.size:
            raise ValueError(f"{len(floats)} floats: {value!r}")
        return [float("nan") if f is None else f for f in floats]

    def to_dict(self) -> dict[str, Any]:
        """The field as plain data, for JSON, without what is as by default."""
        values = {
            spec.name: getattr(self, spec.name)
            for spec in dataclasses.fields(self)
            if spec.name in ("name", "kind", "size")
            or getattr(self, spec.name) != spec.default
        }
        return {
            k: list(v) if isinstance(v, tuple) else v for k, v in values.items()
        }

    @functools.cached_property
    def _edges(self) -> list[float]:
        return [_float32(edge) for edge in self.boundaries]

    def _check_lists_and_vocabulary(self) -> None:
        is_category = self.kind in ("string", "integer")
        length = self.max_length
        if length is not None and (length < 1 or not is_category):
            raise ValueError(
                "`max_length` must be positive, and `kind` 'string' or "
                f"'integer'. Received: max_length={length}, kind={self.kind!r}"
            )
        texts = self.vocabulary
        odd = [text for text in texts or () if not isinstance(text, str)]
        if odd:
            raise ValueError(
                "`vocabulary` must hold texts, of integers too. "
                f"Received: {odd[0]!r} among them"
            )
        if texts is not None and (
            not is_category or len(set(texts)) < len(texts)
        ):
            raise ValueError(
                "`vocabulary` must hold distinct texts, and `kind` must be "
                f"'string' or 'integer'. Received: {len(texts)} texts, "
                f"{len(set(texts))} of them distinct, kind={self.kind!r}"
            )

        if self.rows_of is not None and (not is_category or texts is not None):
            raise ValueError(
                "`rows_of` must be given for a `kind` of 'string' or 'integer' "
                "without a `vocabulary`, which is the other field's. "
                f"Received: rows_of={self.rows_of!r}, kind={self.kind!r}"
            )

    def _check_float(self) -> None:
        edges = self.boundaries
        if edges and self.kind != "float":
            raise ValueError(
                "`boundaries` must be empty unless `kind` is 'float'. "
                f"Received: boundaries={edges}, kind={self.kind!r}"
            )
        if any(not a < b for a, b in itertools.pairwise(self._edges)):
            raise ValueError(
                "`boundaries` must increase, as float32. "
                f"Received: boundaries={edges}"
            )
        is_plain = self.kind == "float" and not edges
        if not self.scale > 0 or (
            not is_plain and (self.mean, self.scale) != (0.0, 1.0)
        ):
            raise ValueError(
                "`scale` must be positive, and `mean` and `scale` 0 and 1 "
                "unless `kind` is 'float' without `boundaries`. Received: "
                f"mean={self.mean}, scale={self.scale}, kind={self.kind!r}"
            )


def _float32(number: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float32(number))
