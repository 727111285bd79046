"""JSON without NaN and infinity, and back."""

import json
import math
from typing import Any


def strict_json(value: Any, indent: int | None = 2) -> str:
    """`value` as JSON; a number that is not finite becomes null.

    Python would write NaN, which is not JSON. Without `indent` it is one line.
    """
    return json.dumps(_finite(value), indent=indent, allow_nan=False)


def with_nan(value: Any) -> Any:
    """What a file of `strict_json` holds, with NaN where it has null.

    For files in which null is a number that was not finite, and nothing else.

    Args:
        value: of JSON.

    Example:
    >>> with_nan({"loss": [0.5, None]})
    {'loss': [0.5, nan]}
    """
    if isinstance(value, dict):
        return {key: with_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_nan(item) for item in value]
    return math.nan if value is None else value


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
