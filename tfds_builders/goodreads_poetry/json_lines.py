"""Reads JSON objects, one per line, and checks their keys."""

import json
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

# A rule for a key: its wording in the error, and a test.
Rule = tuple[str, Callable[[Any], bool]]


def is_text(value: Any) -> bool:
    """Whether a value is a text that UTF-8 can hold."""
    if type(value) is not str:
        return False
    # JSON can escape half a character.
    return value.isascii() or not re.search("[\ud800-\udfff]", value)


ID: Rule = ("a text, not empty", lambda v: is_text(v) and v != "")
TEXT: Rule = ("a text", is_text)


def objects(
    file: str, lines: Iterable[bytes]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and content of every line.

    Args:
        file: string. Name of the file, for errors.
        lines: its lines.

    Raises:
        ValueError: at a line that is no object.
    """
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise ValueError(
                f"Line {number} of {file} must be one JSON object in UTF-8. "
                f"Received: line={line[:200]!r}"
            )
        yield number, record


def check(
    file: str, number: int, record: dict[str, Any], rules: Mapping[str, Rule]
) -> None:
    """Checks what an object holds.

    Args:
        file: string. Name of the file, for errors.
        number: int. Number of the line, for errors.
        record: the object.
        rules: key -> rule for its value. Other keys are not checked.

    Raises:
        ValueError: if a key breaks its rule; an absent one holds None.
    """
    for key, (rule, holds) in rules.items():
        value = record.get(key)
        if not holds(value):
            raise ValueError(
                f"`{key}` in line {number} of {file} must be {rule}. "
                f"Received: {key}={repr(value)[:200]}, in an object with the "
                f"keys {list(record)[:20]}"
            )
