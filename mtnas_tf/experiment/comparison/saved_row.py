"""Rows of a comparison as they were before they became JSON."""

import math
from typing import Any

Row = dict[str, Any]

NUMBERS = ("score", "mtl_loss", "valid_score", "valid_loss", "budget")


def with_nan(row: Row) -> Row:
    """A row with NaN in place of null, for JSON does not have it.

    Args:
        row: of a file.

    Example:
    >>> with_nan({"model": "mmoe", "score": None, "route": None})
    {'model': 'mmoe', 'score': nan, 'route': None}
    """
    anew: Row = {key: _number(row[key]) for key in NUMBERS if key in row}
    for split in ("valid", "test"):
        if split in row:
            anew[split] = _with_numbers(row[split])
    if "test_domains" in row:
        anew["test_domains"] = {
            task: _with_numbers(of_task)
            for task, of_task in row["test_domains"].items()
        }
    return {**row, **anew}


def _with_numbers(nested: dict[str, dict[str, float | None]]) -> Row:
    """Metrics by task, or by domain."""
    return {
        key: {name: _number(value) for name, value in metrics.items()}
        for key, metrics in nested.items()
    }


def _number(value: float | None) -> float:
    return math.nan if value is None else value
