"""Means, standard errors and paired differences over seeds."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard error; the error of one value is NaN."""
    array = np.asarray(values, np.float64)
    if len(array) < 2:
        return float(array.mean()), math.nan
    return float(array.mean()), float(array.std(ddof=1) / np.sqrt(len(array)))


def paired_difference(
    values: Sequence[float], baseline: Sequence[float]
) -> dict[str, Any]:
    """Mean, standard error and p-value of paired differences.

    Args:
        values: one number per pair.
        baseline: the other number of each pair.

    Returns:
        `{"mean", "std_error", "p_value"}`: the p-value of a two-sided paired t
        test; NaN for one pair or where all differences are equal.
    """
    differences = np.asarray(values) - np.asarray(baseline)
    mean, error = mean_and_error(differences.tolist())
    p_value = math.nan
    if error > 0:
        p_value = float(stats.ttest_1samp(differences, 0.0).pvalue)
    return {"mean": mean, "std_error": error, "p_value": p_value}
