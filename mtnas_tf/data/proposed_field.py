"""Proposes a field for a column."""

import itertools
from collections import Counter

import numpy as np

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import raw_value
from mtnas_preprocessing.raw_value import Value
from mtnas_tf.data.column_proposal import ColumnProposal
from mtnas_tf.data.column_summary import ColumnSummary
from mtnas_tf.data.integer_roles import integer_role
from mtnas_tf.data.integer_roles import is_key
from mtnas_tf.data.integer_roles import is_named_id
from mtnas_tf.data.looks import LISTS
from mtnas_tf.data.looks import NUMERIC
from mtnas_tf.data.looks import look

NUM_QUANTILES = 32
LONGEST_LIST = 20
PIPED_SHARE = 0.05
MANY_VALUES = 50
_INEXACT = "whole floats too large to be exact"

# Field or None, why, warning.
_Choice = tuple[FieldSpec | None, str, str]


def proposed_field(
    summary: ColumnSummary, floats: str, keep_keys: bool = False
) -> ColumnProposal:
    """Proposes a field for a column, or to leave it out.

    Args:
        summary: `ColumnSummary`.
        floats: `"bucketize"` or `"standardize"`, for numbers.
        keep_keys: bool. Whether to keep a column that has another value in
            nearly every row. Defaults to `False`.
    """
    field, why, warning = _choose(summary, floats, keep_keys)
    known = [value for value in summary.sample if not _is_missing(value, field)]
    num_rows = len(summary.sample)
    distinct = {v if isinstance(v, str | int) else repr(v) for v in known}
    if num_rows and len(distinct) < 2 and field is not None:
        warning = warning or "the same in every training row"
    return ColumnProposal(
        name=summary.name,
        field=field,
        distinct=len(distinct),
        missing=1 - len(known) / num_rows if num_rows else 0.0,
        example=str(known[0]) if known else "",
        why=why,
        warning=warning,
    )


def _choose(summary: ColumnSummary, floats: str, keep_keys: bool) -> _Choice:
    looks = summary.looks - {"missing"}
    without_words = looks - {"missing number"}
    if not without_words and looks <= {"missing number"}:
        return None, "no row has a value", ""
    if without_words <= NUMERIC:
        return _of_numbers(summary, without_words, floats, keep_keys)
    if without_words <= NUMERIC | {"inexact"}:
        if "number" in without_words:
            return _of_floats(summary, floats, "numbers with fractions")
        return None, f"{_INEXACT}: read integers or texts", ""
    if without_words <= {"time", "date"}:
        return None, "times: split by it (split_column), or exclude it", ""
    if without_words <= LISTS:
        return _of_lists(summary)
    odd_looks = looks & {"other", "list", "date"}
    if odd_looks:
        odd = [value for value in summary.sample if look(value) in odd_looks]
        return None, f"neither texts, numbers nor lists: {odd[:1]}", ""
    return _of_texts(summary, looks, keep_keys)


def _of_numbers(
    summary: ColumnSummary, looks: set[str], floats: str, keep_keys: bool
) -> _Choice:
    if "number" in looks:
        return _of_floats(summary, floats, "numbers with fractions")
    name = summary.name
    integers = map(raw_value.integer, summary.sample)
    counts = Counter(value for value in integers if value is not None)
    if not counts:
        return FieldSpec(name=name, kind="integer"), "integers", ""
    role, why = integer_role(name, counts)
    if role == "time" or (role == "key" and not keep_keys):
        return None, why, ""
    if role == "amount":
        warning = "if these are ids, make its kind integer, without boundaries"
        field, _, _ = _of_floats(summary, floats, "")
        return field, f"an amount: {why}", warning
    warning = ""
    if len(counts) > MANY_VALUES and not is_named_id(name):
        warning = "if these are amounts, make its kind float"
    return FieldSpec(name=name, kind="integer"), why, warning


def _of_floats(summary: ColumnSummary, floats: str, why: str) -> _Choice:
    numbers = map(raw_value.number, summary.sample)
    values = np.array([n for n in numbers if n is not None], np.float64)
    is_held = np.abs(values) <= raw_value.LARGEST_FLOAT32
    if len(values) and not is_held.any():
        return None, "numbers that float32 cannot hold", ""
    values = values[is_held]
    name = summary.name
    if floats == "standardize" or not len(values):
        mean = float(values.mean()) if len(values) else 0.0
        scale = float(values.std()) if len(values) else 1.0
        field = FieldSpec(
            name=name, kind="float", mean=mean, scale=scale or 1.0
        )
        return field, why, ""
    edges = quantile_boundaries(values)
    return FieldSpec(name=name, kind="float", boundaries=edges), why, ""


def quantile_boundaries(values: np.ndarray) -> tuple[float, ...]:
    """Boundaries of up to 32 buckets with about equally many values each.

    A value more frequent than that, such as 0 in an amount that most rows do
    not have, has a bucket to itself, and the others share the remaining ones.

    Args:
        values: floats `(n,)` that float32 can hold, at least one.
    """
    values = values.astype(np.float32)
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) == 1:
        return (_shortest(distinct[0]),)
    is_frequent = counts * NUM_QUANTILES > len(values)
    # A frequent value's bucket begins with it and ends before the next value.
    begins = np.flatnonzero(is_frequent)
    ends = begins[begins + 1 < len(distinct)] + 1
    edges = {*distinct[begins].tolist(), *distinct[ends].tolist()}
    rest = np.repeat(distinct[~is_frequent], counts[~is_frequent])
    if len(rest):
        num_buckets = max(1, NUM_QUANTILES - len(begins))
        quantiles = np.linspace(0, 1, num_buckets + 1)[1:-1]
        cuts = np.quantile(rest.astype(np.float64), quantiles)
        edges |= set(cuts.astype(np.float32).tolist())
    # Nothing lies below the smallest value.
    inner = sorted(edge for edge in edges if edge > distinct[0])
    return tuple(_shortest(np.float32(edge)) for edge in inner)


def _shortest(value: Value) -> float:
    """The shortest decimal that is the same float32."""
    return float(str(value))


def _of_lists(summary: ColumnSummary) -> _Choice:
    looks = summary.item_looks - {"missing"}
    if looks - {"missing number"} <= NUMERIC:
        looks -= {"missing number"}
    if looks & {"list", "other", "date"}:
        return None, f"lists of {', '.join(sorted(looks))}", ""
    if "number" in looks and looks <= NUMERIC | {"missing number", "inexact"}:
        return _of_float_lists(summary)
    kind = "integer" if looks and looks <= {"integer", "whole"} else "string"
    lists = [raw_value.items(v) for v in summary.sample if not _is_empty(v)]
    field = _list_field(summary.name, kind, lists)
    return field, f"lists of {kind}s", ""


def _of_float_lists(summary: ColumnSummary) -> _Choice:
    if summary.has_large_items:
        return None, "a vector of which float32 cannot hold a float", ""
    has_gaps = summary.looks & {"missing", "missing number"}
    if len(summary.lengths) > 1:
        count = len(summary.lengths)
        return None, f"lists of floats of {count} lengths, no vector", ""
    if has_gaps or summary.item_looks & {"missing", "missing number"}:
        return None, "a vector, of which no float may be missing", ""
    (size,) = summary.lengths
    return FieldSpec(name=summary.name, kind="vector", size=size), "floats", ""


def _list_field(name: str, kind: str, lists: list[Value]) -> FieldSpec:
    lengths = np.array([len(items) for items in lists] or [1])
    length = np.ceil(np.quantile(lengths, 0.95))
    length = int(np.clip(length, 1, LONGEST_LIST))
    return FieldSpec(name=name, kind=kind, max_length=length)


def _of_texts(
    summary: ColumnSummary, looks: set[str], keep_keys: bool
) -> _Choice:
    name = summary.name
    known = [value for value in summary.sample if not _is_empty(value)]
    try:
        texts = list(map(raw_value.text, known))
    except ValueError:
        return None, f"{_INEXACT}, among texts", ""
    if "piped" in looks and _are_lists(texts):
        lists = [raw_value.items(text) for text in texts]
        return _list_field(name, "string", lists), "texts a|b are lists", ""
    counts = Counter(texts)
    if is_key(len(texts), len(counts)) and not keep_keys:
        return None, "nearly every row has another text", ""
    numeric = looks & NUMERIC
    warning = ""
    if numeric:
        odd = [text for text in counts if look(text) not in NUMERIC]
        warning = f"some are numbers, others not, such as {odd[:2]}"
    return FieldSpec(name=name), "texts", warning


def _are_lists(texts: list[str]) -> bool:
    """Whether enough rows hold items that recur, separated by `|`."""
    separator = raw_value.LIST_SEPARATOR
    piped = [text for text in texts if separator in text]
    items = set(
        itertools.chain.from_iterable(t.split(separator) for t in piped)
    )
    are_many = len(piped) >= PIPED_SHARE * len(texts)
    return are_many and len(items) <= len(piped)


def _is_empty(value: Value) -> bool:
    return look(value) == "missing"


def _is_missing(value: Value, field: FieldSpec | None) -> bool:
    if field is not None and field.kind in ("integer", "float"):
        return look(value) in ("missing", "missing number")
    return _is_empty(value)
