"""JSON without NaN and infinity."""

import json
import math
from typing import Any


def strict_json(value: Any, indent: int | None = 2) -> str:
    """`value` as JSON; a number that is not finite becomes null.

    Python would write NaN, which is not JSON. Without `indent` it is one line.
    """
    return json.dumps(_finite(value), indent=indent, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
