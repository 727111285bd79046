"""What one input column holds."""

import dataclasses
from typing import Any

KINDS = ("string", "integer", "vector")


@dataclasses.dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """One input column.

    Args:
        name: string. The column's name in a row.
        kind: `"string"` or `"integer"`: the value is hashed to an id;
            `"vector"`: `size` floats that reach the network as they are.
            Defaults to `"string"`.
        size: int > 0. Floats per row of a vector; 1 for the other kinds.
            Defaults to `1`.

    A missing value (`None` or NaN) is a category of its own: it is hashed as
    the empty string, or as -1 for an integer. A vector has no missing values.
    """

    name: str
    kind: str = "string"
    size: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(
                f"`kind` must be one of {KINDS}. Received: kind={self.kind!r}"
            )
        if self.size < 1 or (self.size > 1 and self.kind != "vector"):
            raise ValueError(
                "`size` must be positive, and 1 unless `kind` is 'vector'. "
                f"Received: size={self.size}, kind={self.kind!r}"
            )

    def text(self, value: Any) -> str:
        """The text that stands for `value` when it is hashed."""
        if _is_missing(value):
            value = ""
        if isinstance(value, bytes):
            value = value.decode("utf-8")
        if self.kind == "string":
            return str(value)
        if value == "":
            return "-1"
        return str(_integer(value))


def _is_missing(value: Any) -> bool:
    try:
        # NaN is the one value that differs from itself.
        return value is None or bool(value != value)
    except TypeError:  # pandas' NA does not say
        return True


def _integer(value: Any) -> int:
    try:
        number = int(value)
    except ValueError:
        value = float(value)
        number = int(value)
    if not isinstance(value, str) and number != value:
        raise ValueError(f"{value} is not an integer")
    return number
