"""The raw values that a vocabulary knows."""

import re
from collections.abc import Mapping

from mtnas_preprocessing import FieldSpec

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")  # as Python writes them
_LONGEST = 16  # digits of a whole float that is read as an integer
_INT64 = range(-(2**63), 2**63)


def keys_of(
    field: FieldSpec, rows: Mapping[str | None, int]
) -> dict[str, int] | dict[int, int]:
    """All strings, or integers of 64 bits, whose row is not that of the others.

    A string has a second form where it is a whole number: "7.0" is looked up as
    "7", and "-0.0" as "0".

    Args:
        field: `FieldSpec` of strings or integers.
        rows: text -> row, as `rows_of_vocabularies` has them.

    Returns:
        dict: value -> row.

    Example:
    >>> keys_of(FieldSpec(name="city"), {"rome": 0, "7": 1, None: 2})
    {'rome': 0, '7': 1, '7.0': 1}
    """
    known = {text: row for text, row in rows.items() if text is not None}
    if field.kind == "integer":
        return {
            int(text): row
            for text, row in known.items()
            if _INTEGER.fullmatch(text) and int(text) in _INT64
        }
    floats = {
        f"{text}.0": row
        for text, row in known.items()
        if _INTEGER.fullmatch(text) and len(text.lstrip("-")) <= _LONGEST
    }
    if "0" in known:
        floats["-0.0"] = known["0"]
    return known | floats
