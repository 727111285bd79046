"""Rules that tell columns of ids, amounts and times apart.

An id has an embedding to itself and says nothing about its neighbours. That is
right for users and codes, and wrong for amounts, whose values are seldom seen
twice. Nothing in a table says which it is, so these are rules of thumb, and
every decision is printed with its reason.
"""

import re
from collections import Counter

import numpy as np

# The last word of a name is a hint: `video_id` holds ids, `follow_user_num`
# amounts.
ID_WORDS = frozenset(
    ["id", "ids", "uid", "pid", "uuid", "user", "item", "code", "key"]
    + ["zip", "hash", "isbn", "sku", "index"]
)
AMOUNT_WORDS = frozenset(
    ["num", "count", "counts", "cnt", "number", "amount", "price", "cost"]
    + ["sum", "total", "days", "hours", "minutes", "seconds", "ms"]
    + ["duration", "length", "size", "width", "height", "weight", "score"]
)
TIME_WORDS = frozenset(["time", "timestamp", "ts", "date", "day", "dt"])
FEW_VALUES = 50
KEY_SHARE = 0.95
# Seconds since 1970 of the years 2000 to 2100.
_EPOCH = (946_684_800, 4_102_444_800)
_UNITS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6}
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def integer_role(name: str, counts: Counter[int]) -> tuple[str, str]:
    """The role of a column's integers, and the reason.

    Args:
        name: name of the column.
        counts: how often each value occurs.

    Returns:
        `"id"`, `"amount"`, `"time"` or `"key"`, and the reason. A key has
        another value in nearly every row.
    """
    num_rows, num_values = counts.total(), len(counts)
    unit = _unit_of_times(name, counts)
    if unit:
        return "time", f"{unit}: split by it (split_column), or exclude it"
    if num_values <= FEW_VALUES:
        return "id", "few values"
    if is_named_id(name):
        if is_key(num_rows, num_values):
            return "key", "its name says id, and nearly every row has another"
        return "id", "its name says id"
    if AMOUNT_WORDS & set(_words(name)[-1:]):
        return "amount", "its name says so"
    if num_rows < 2 * num_values:
        return "amount", "values seldom occur twice"
    if counts[0] > 0.3 * num_rows:
        return "amount", "mostly zeros, and many other values"
    if _is_skewed(counts):
        return "amount", "most values are near the smallest, as of counts"
    return "id", "many values that recur, spread evenly"


def is_named_id(name: str) -> bool:
    """Whether a name ends in "id": `video_id`, `movieId`, `User ID`."""
    return bool(ID_WORDS & set(_words(name)[-1:]))


def is_key(num_rows: int, num_values: int) -> bool:
    """Whether nearly every row has a value of its own."""
    return num_values > FEW_VALUES and num_values >= KEY_SHARE * num_rows


def _words(name: str) -> list[str]:
    return [word.lower() for word in _CAMEL.findall(name)]


def _unit_of_times(name: str, counts: Counter[int]) -> str:
    """The unit of times since 1970, or `"dates"` as 20200131; else empty."""
    first, last = min(counts), max(counts)
    if 19000101 <= first and last <= 21001231:
        days = np.array(list(counts)) % 100
        months = np.array(list(counts)) // 100 % 100
        if ((1 <= days) & (days <= 31) & (1 <= months) & (months <= 12)).all():
            return "dates written as numbers"
    are_few = len(counts) <= FEW_VALUES
    if is_named_id(name) or (are_few and not TIME_WORDS & {*_words(name)}):
        return ""
    for unit, factor in _UNITS.items():
        if _EPOCH[0] * factor <= first and last <= _EPOCH[1] * factor:
            return f"{unit} since 1970"
    return ""


def _is_skewed(counts: Counter[int]) -> bool:
    try:
        values = np.array(list(counts), np.float64)
    except OverflowError:  # more than 308 digits
        return False
    first, last = values.min(), values.max()
    middle = (np.median(values) - first) / (last - first)
    return bool(first >= 0 and middle < 0.1)
