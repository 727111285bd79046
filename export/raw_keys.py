"""The raw values that a vocabulary knows."""

import re
from collections.abc import Mapping
from typing import Any

from mtnas_preprocessing import FieldSpec

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")  # as Python writes them
_INT64 = range(-(2**63), 2**63)


def keys_of(field: FieldSpec, rows: Mapping[str | None, int]) -> dict[Any, int]:
    """Raw values -> rows of the table; all others read the row of `None`.

    They are strings, or integers of 64 bits. A string has a second form where
    it is a whole number: "7.0" is looked up as "7", and "-0.0" as "0". A
    missing value is always there, so that there is at least one.

    Args:
        field: `FieldSpec` of strings or integers.
        rows: text -> row, as `rows_of_vocabularies` has them.

    Returns:
        dict: value -> row.

    Example:
    >>> keys_of(FieldSpec(name="city"), {"rome": 0, "7": 1, None: 2})
    {'': 2, 'rome': 0, '7': 1, '7.0': 1}
    """
    known = {field.text(None): rows[None]}
    known |= {text: row for text, row in rows.items() if text is not None}
    if field.kind == "integer":
        return {
            int(text): row
            for text, row in known.items()
            if _INTEGER.fullmatch(text) and int(text) in _INT64
        }
    return {
        form: row
        for text, row in known.items()
        for form in (text, f"{text}.0", f"-{text}.0")
        if field.text(form) == text
    }
