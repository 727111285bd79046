"""Means and their errors where splits are clusters, and many tests at once."""

import math
from collections.abc import Hashable
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from mtnas_tf.search.candidates.mean_and_error import mean_and_error


def clustered_mean(
    values: Sequence[float], clusters: Sequence[Hashable]
) -> dict[str, Any]:
    """The mean of clusters' means, and whether it differs from zero.

    Values of one cluster are not independent, such as pairs that share the rows
    of a split, so a cluster counts as one value. A single cluster says nothing
    about others: the error is then that of its values, without a p-value.

    Args:
        values: one or more numbers.
        clusters: the cluster of each.

    Returns:
        `{"mean", "std_error", "p_value", "num_clusters"}`: the p-value of a
        two-sided t test with a degree of freedom less than there are clusters,
        not corrected for other tests; NaN for one cluster or where all means
        are equal.

    Example:
    >>> found = clustered_mean([1.0, 3.0, 6.0], ["a", "a", "b"])
    >>> found["mean"], found["std_error"], found["num_clusters"]
    (4.0, 2.0, 2)
    """
    groups: dict[Hashable, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        groups.setdefault(cluster, []).append(value)
    means = [float(np.mean(group)) for group in groups.values()]
    if len(means) == 1:
        mean, error = mean_and_error(values)
        return _found(mean, error, math.nan, 1)
    mean, error = mean_and_error(means)
    # Sums round, so that equal means may seem to differ.
    is_spread = error > 4 * np.finfo(float).eps * float(np.abs(means).max())
    p_value = math.nan
    if is_spread:
        p_value = float(stats.ttest_1samp(means, 0.0).pvalue)
    return _found(mean, error, p_value, len(means))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number.

    If all below .05 are called significant, the chance that any of them is
    false is at most .05, however they depend on one another.

    Args:
        p_values: numbers; NaN is no test, and stays NaN.

    Returns:
        As many numbers, in order.

    Example:
    >>> holm([0.03, 0.01, math.nan])
    [0.03, 0.02, nan]

    Reference:
    - [Holm, 1979](https://www.jstor.org/stable/4615733).
    """
    corrected = [math.nan] * len(p_values)
    tests = [i for i, p in enumerate(p_values) if not math.isnan(p)]
    largest = 0.0
    for rank, index in enumerate(sorted(tests, key=p_values.__getitem__)):
        adjusted = min(1.0, (len(tests) - rank) * p_values[index])
        largest = max(largest, adjusted)
        corrected[index] = largest
    return corrected


def _found(
    mean: float, error: float, p_value: float, num_clusters: int
) -> dict[str, Any]:
    return {
        "mean": mean,
        "std_error": error,
        "p_value": p_value,
        "num_clusters": num_clusters,
    }
