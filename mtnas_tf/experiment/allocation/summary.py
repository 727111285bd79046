"""Means over seeds of compared allocations."""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.search.candidates.mean_and_error import mean_and_error

Row = dict[str, Any]
REFERENCE = "shared_bottom"


def label_of(row: Row) -> str:
    """The name of a row's method, by which its seeds belong together."""
    label: str = row["variant"] or row["model"]
    return label


def by_method(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each method, in the order of the rows.

    Args:
        rows: of `compare`.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(label_of(row), []).append(row)
    return groups


def summarize(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """A line for each method, in the order of the rows.

    Args:
        rows: of `compare`.

    Returns:
        list of dicts: `method`; `seeds`; means `error`, `valid_error`, `share`
        and `train_seconds`; `error_std`, the standard deviation over seeds, NaN
        of one; `difference`, the mean difference of test errors to the shared
        bottom of the same seed, and `difference_error`, its standard error,
        both `None` without a shared bottom, or of it.
    """
    groups = by_method(rows)
    reference = {row["seed"]: row["error"] for row in groups.get(REFERENCE, [])}
    return [_line(name, group, reference) for name, group in groups.items()]


def _line(
    name: str, group: Sequence[Row], reference: dict[int, float]
) -> dict[str, Any]:
    means = ("error", "valid_error", "share", "train_seconds", "num_parameters")
    errors = [row["error"] for row in group]
    differences = [
        row["error"] - reference[row["seed"]]
        for row in group
        if row["seed"] in reference and name != REFERENCE
    ]
    mean, error = mean_and_error(differences) if differences else (None, None)
    return {
        "method": name,
        "seeds": len(group),
        **{key: float(np.mean([row[key] for row in group])) for key in means},
        "error_std": float(np.std(errors, ddof=1)) if len(group) > 1 else None,
        "difference": mean,
        "difference_error": error if len(differences) > 1 else None,
    }
