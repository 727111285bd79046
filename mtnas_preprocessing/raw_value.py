"""One raw value -> its text, integer, number or list.

A value means the same whether it came from a CSV cell, a Parquet file, a
DataFrame, JSON or a dict: `7`, `7.0`, `"7"`, `"7.0"` and `numpy.int8(7)` are
one integer, and one text. Where a value could mean two things, it is refused.
"""

import ast
import json
import math
import numbers
import re
import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np

Value = Any  # what a cell may hold, whatever reads it
LIST_SEPARATOR = "|"
LARGEST_FLOAT32 = float(np.finfo(np.float32).max)
# Texts that mean a missing number; pandas reads most of them so. In a column of
# texts they are texts.
MISSING_NUMBERS = frozenset(
    ["", "?", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NaN", "nan", "-nan"]
    + ["-NaN", "NULL", "null", "None", "NaT", "1.#QNAN", "-1.#IND"]
)
BOOLS = {"True": 1, "true": 1, "TRUE": 1, "False": 0, "false": 0, "FALSE": 0}

_INTEGER = re.compile(r"[+-]?[0-9]+")
# What Python and pandas write of a float without a fraction.
_WHOLE_FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,15})\.0")
_NUMBER = re.compile(
    r"[+-]?(([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|inf|infinity)",
    re.IGNORECASE,
)
_TEXTS = (str, bool, np.bool_, numbers.Number, uuid.UUID)
# Numbers between brackets: NumPy puts no commas between the items of an array,
# and neither JSON nor Python reads its nan.
_ITEM = rf"({_NUMBER.pattern}|nan|none|null|true|false)"
_ARRAY_OF_NUMBERS = re.compile(
    rf"\[\s*({_ITEM}(\s+|\s*,\s*|(?=\])))*\]", re.IGNORECASE
)
_NO_NUMBERS = ("nan", "none", "null")
_CUT_ARRAY = re.compile(r"\[.*\s\.\.\.\s.*\]", re.DOTALL)
# Names of NumPy's types inside a list that Python printed.
_NUMPY_SCALAR = re.compile(r"np\.\w+\(([^()]*)\)")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'" + r'|"(?:[^"\\]|\\.)*"')
_ARRAY_OF_TEXTS = re.compile(rf"\[\s*(({_QUOTED.pattern})\s*)+\]")


def is_missing(value: Value) -> bool:
    """Whether a value is `None`, NaN or pandas' own missing value."""
    try:
        # NaN is the one value that differs from itself.
        return value is None or bool(value != value)
    except (TypeError, ValueError):  # pandas' NA does not say, nor an array
        return not isinstance(value, Iterable)


def text(value: Value) -> str:
    """The text of a value; a missing one is empty.

    A whole number has one text, whatever keeps it: 7, 7.0, `Decimal("7.00")`
    and the texts "7" and "7.0", which pandas writes of a column of integers
    with gaps, are all "7". Any other text is taken as it is written: "7.00" and
    "007" are texts of their own.

    Raises:
        TypeError: if it is neither a text nor a number nor a bool. A date has
            more than one text.
        ValueError: if it is a whole float so large that it may have been
            another number before it became one, see `largest_exact`.
    """
    if type(value) is not str:  # most values are
        if is_missing(value):
            return ""
        value = _decoded(value)
    if not isinstance(value, _TEXTS):
        raise TypeError(f"{value!r} is no text")
    if isinstance(value, str):
        is_whole = value.endswith(".0") and _WHOLE_FLOAT.fullmatch(value)
        return str(int(value[:-2])) if is_whole else value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(_exact(float(value), value))
    return str(value)


def integer(value: Value) -> int | None:
    """A whole number, `None` if it is missing; `True` is 1.

    Raises:
        TypeError: if the value is neither a number nor a text.
        ValueError: if it is no whole number, or a float so large that it may
            have been another number before it became one, see `largest_exact`.
    """
    if type(value) is int:  # most values are
        return value
    value = _known(value)
    if value is None:
        return None
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    found = number(value)
    if found is None or not found.is_integer():
        raise ValueError(f"{value!r} is not an integer")
    return _exact(found, value)


def number(value: Value) -> float | None:
    """A float, `None` if the value is missing; `True` is 1.

    Raises:
        TypeError: if the value is neither a number nor a text.
        ValueError: if a text is no number.
    """
    value = _known(value)
    if value is None:
        return None
    if isinstance(value, str):
        if value in BOOLS:
            return float(BOOLS[value])
        if not is_number(value):
            raise ValueError(f"{value!r} is not a number")
        return float(value)
    if not isinstance(value, numbers.Number | np.bool_):
        raise TypeError(f"{value!r} is not a number")
    return _float(value)


def items(value: Value) -> list[Value]:
    """The items of a list, in whatever form it was written.

    The list may be a list, a tuple or an array, a text `a|b|c`, or a list as
    JSON, Python or NumPy print it. A number is a list of one item, a missing
    value an empty list.

    Raises:
        ValueError: if the value is no list, or NumPy left out a part of it.
    """
    value = _decoded(value)
    if isinstance(value, str):
        return _items_of_text(value)
    if isinstance(value, list | tuple | np.ndarray):
        return list(value)
    if isinstance(value, numbers.Number) and not is_missing(value):
        return [value]
    if is_missing(value):
        return []
    raise ValueError(f"{value!r} is no list")


def is_written_list(value: str) -> bool:
    """Whether a text is a list as JSON, Python or NumPy print it."""
    return _written_items(value.strip()) is not None


def is_cut_array(value: str) -> bool:
    """Whether a text is a long array that NumPy printed without its middle."""
    return _CUT_ARRAY.fullmatch(value) is not None


def is_number(value: str) -> bool:
    """Whether a text is a number; an empty text and "NA" are not."""
    return _NUMBER.fullmatch(value) is not None


def largest_exact(value: Value) -> int:
    """The number up to which the value's type represents every integer.

    Args:
        value: a float, of 16 bits, of 32 or of 64, or a text.
    """
    if isinstance(value, Decimal):
        return 10**999
    if isinstance(value, np.float16):
        return 2**11
    return 2**24 if isinstance(value, np.float32) else 2**53


def _decoded(value: Value) -> Value:
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _known(value: Value) -> Value:
    """A number or the text of one, `None` if it is missing."""
    value = _decoded(value)
    if is_missing(value):
        return None
    if isinstance(value, str):
        value = value.strip()
        return None if value in MISSING_NUMBERS else value
    return value


def _exact(number: float, value: Value) -> int:
    """The integer that a whole float is; `value` is what it was read from."""
    if abs(number) > largest_exact(value):
        raise ValueError(f"{value!r} is an inexact float")
    return int(number)


def _float(value: Value) -> float:
    if isinstance(value, np.float16):
        # The shortest decimal that becomes it, as a CSV file holds: taken as
        # a float of 64 bits, 0.1 would be 0.09997, in a bucket below 0.1's.
        return float(str(value))
    try:
        return float(value)
    except OverflowError:  # an integer of more than 308 digits
        return math.inf if value > 0 else -math.inf


def _items_of_text(value: str) -> list[Value]:
    stripped = value.strip()
    found = _written_items(stripped)
    if found is not None:
        return found
    if is_cut_array(stripped):
        raise ValueError(f"{value!r} is a list without a part of its items")
    return value.split(LIST_SEPARATOR) if value else []


def _written_items(value: str) -> list[Value] | None:
    """Items of a text in brackets, `None` if it is not a printed list."""
    if value[:1] + value[-1:] not in ("[]", "()"):
        return None
    found = _parsed(value)
    if found is None:
        plain = _NUMPY_SCALAR.sub(r"\1", value)
        found = None if plain == value else _parsed(plain)
    return found


def _parsed(value: str) -> list[Value] | None:
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = _parsed_of_python(value)
    return list(found) if isinstance(found, list | tuple) else None


def _parsed_of_python(value: str) -> Value:
    if _ARRAY_OF_NUMBERS.fullmatch(value):
        texts = value[1:-1].replace(",", " ").split()
        # NumPy writes "7." of 7.0.
        texts = [f"{t}0" if t.endswith(".") else t for t in texts]
        return [None if t.lower() in _NO_NUMBERS else t for t in texts]
    if _ARRAY_OF_TEXTS.fullmatch(value):
        return [ast.literal_eval(text) for text in _QUOTED.findall(value)]
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
