"""Comparisons and sweeps as they were before they became JSON."""

import json
import math
from pathlib import Path
from typing import Any

from mtnas_tf.experiment.comparison.saved_row import with_nan

Result = dict[str, Any]

# Numbers of a summary and of claims, which may not be defined.
NUMBERS = (
    "mean",
    "std_error",
    "p_value",
    "p_corrected",
    "delta_vs_mmoe",
    "delta_std_error",
)


def read_comparison(path: Path) -> Result:
    """The comparison in a file, with NaN where JSON has null.

    Args:
        path: `compare.json`.
    """
    return _with_nan(json.loads(path.read_text(encoding="utf-8")))


def read_sweep(path: Path) -> Result:
    """The sweep in a file, with NaN where JSON has null.

    Args:
        path: `sweep.json`.
    """
    kept = json.loads(path.read_text(encoding="utf-8"))
    variants = kept["variants"].items()
    return {
        **kept,
        "variants": {label: _with_nan(each) for label, each in variants},
        "differences": [_numbers(delta) for delta in kept["differences"]],
    }


def _with_nan(kept: Result) -> Result:
    claims = [
        {
            **claim,
            "differences": {
                metric: _numbers(delta)
                for metric, delta in claim["differences"].items()
            },
        }
        for claim in kept["claims"]
    ]
    return {
        **kept,
        "rows": [with_nan(row) for row in kept["rows"]],
        "summary": [_numbers(entry) for entry in kept["summary"]],
        "claims": claims,
    }


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: math.nan if key in NUMBERS and value is None else value
        for key, value in values.items()
    }
