"""The type that a raw value looks like, whatever it was read from.

A CSV cell looks like the same value typed by a Parquet file or a DataFrame:
`"7"` is an integer. `"0007"` is a text, since as a number it would be the same
as `"7"`.
"""

import datetime
import functools
import numbers
import re
from decimal import Decimal

import numpy as np

from mtnas_preprocessing import raw_value
from mtnas_preprocessing.raw_value import Value

NUMERIC = frozenset(["bool", "integer", "whole", "number"])
LISTS = frozenset(["list", "written list"])
LOOKS = (
    "missing",
    "missing number",  # "NA" and the like: a text among texts
    *sorted(NUMERIC),  # "whole": a float without a fraction
    "inexact",  # a whole float too large to be exact
    "time",  # a text
    "date",  # no text
    *sorted(LISTS),
    "piped",  # a|b
    "text",
    "other",
)
_CANONICAL_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_PADDED_NUMBER = re.compile(r"[+]|-?0[0-9]")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
    r"|[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{4}( [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?"
)


def looks_of(values: list[Value]) -> set[str]:
    """The looks of a column's values, each one of `LOOKS`."""
    kinds = set(map(type, values))
    if kinds <= {int}:
        return {"integer"}
    if kinds <= {str}:
        return set(map(_look_of_text, set(values)))
    return set(map(look, values))


def look(value: Value) -> str:
    """The look of one value, one of `LOOKS`."""
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            return "other"
    if isinstance(value, str):
        return _look_of_text(value)
    if isinstance(value, list | tuple | np.ndarray):
        return "list"
    if raw_value.is_missing(value):
        return "missing"
    if isinstance(value, bool | np.bool_):
        return "bool"
    if isinstance(value, numbers.Integral):
        return "integer"
    if isinstance(value, numbers.Real | Decimal):
        return _look_of_float(value)
    if isinstance(value, datetime.date | datetime.time | np.datetime64):
        return "date"
    return "other"


@functools.lru_cache(maxsize=2**16)
def _look_of_text(value: str) -> str:
    stripped = value.strip()
    if value == "":
        return "missing"
    if stripped in raw_value.MISSING_NUMBERS:
        return "missing number"
    if stripped in raw_value.BOOLS:
        return "bool"
    if _CANONICAL_INTEGER.fullmatch(stripped):
        return "integer"
    if raw_value.is_number(stripped):
        is_padded = _PADDED_NUMBER.match(stripped)
        return "text" if is_padded else _look_of_float(float(stripped))
    if _TIME.fullmatch(stripped):
        return "time"
    if raw_value.is_written_list(stripped):
        return "written list"
    if raw_value.is_cut_array(stripped):
        return "other"
    return "piped" if raw_value.LIST_SEPARATOR in value else "text"


def _look_of_float(value: Value) -> str:
    if not float(value).is_integer():  # nor is infinity
        return "number"
    is_exact = abs(value) <= raw_value.largest_exact(value)
    return "whole" if is_exact else "inexact"
