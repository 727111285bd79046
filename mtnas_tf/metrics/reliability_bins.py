"""Predicted and observed rates in bins of the predictions."""

import dataclasses

import numpy as np

from mtnas_tf.metrics.binary_rows import binary_rows
from mtnas_tf.types import Array

BINNINGS = ("equal_mass", "equal_width")


@dataclasses.dataclass(frozen=True)
class ReliabilityBins:
    """Bins of predictions, for a calibration error and its plot.

    Empty bins are left out.

    Args:
        predicted: `(bins,)`. Mean prediction, ascending.
        observed: `(bins,)`. Share of positives.
        weights: `(bins,)`. Sum of the rows' weights.
        counts: int `(bins,)`. Rows.
        lowest: `(bins,)`. Smallest prediction.
        highest: `(bins,)`. Largest prediction.

    Example:
    >>> columns = [[0.2], [0.25], [8.0], [8], [0.1], [0.3]]
    >>> bins = ReliabilityBins(*map(np.array, columns))
    >>> round(bins.error, 3)
    0.05
    """

    predicted: np.ndarray
    observed: np.ndarray
    weights: np.ndarray
    counts: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error; NaN without rows."""
        if not self.weights.size:
            return float("nan")
        gaps = np.abs(self.predicted - self.observed)
        return float(np.average(gaps, weights=self.weights))


def reliability_bins(
    labels: Array,
    probs: Array,
    weights: Array = None,
    num_bins: int = 15,
    binning: str = "equal_mass",
) -> ReliabilityBins:
    """Sorts the rows with a label into bins of their prediction.

    Equal predictions stay together, so `"equal_mass"` may give fewer bins.

    Args:
        labels: `(rows,)` or `(rows, 1)`, 0 or 1, NaN where missing.
        probs: as many numbers, probabilities of 1.
        weights: as many numbers >= 0, or None for 1 each. Defaults to `None`.
        num_bins: int > 0. Most bins. Defaults to `15`.
        binning: `"equal_mass"`: bins of equal weight, or `"equal_width"`: the
            intervals `[b / num_bins, (b + 1) / num_bins)`, the last with its
            end. Defaults to `"equal_mass"`.

    Raises:
        ValueError: for a wrong argument, a label other than 0 and 1, or a
            prediction that is no probability.

    Example:
    >>> bins = reliability_bins([0, 0, 1, 1], [0.1, 0.3, 0.7, 0.9], num_bins=2)
    >>> bins.predicted, bins.observed
    (array([0.2, 0.8]), array([0., 1.]))
    >>> round(bins.error, 3)
    0.2
    """
    check_binning(num_bins, binning)
    is_positive, probs, weights = binary_rows(labels, probs, weights)
    if not ((probs >= 0) & (probs <= 1)).all():
        raise ValueError(
            "`probs`, the predictions, must be probabilities. "
            f"Received: probs in [{probs.min()}, {probs.max()}]"
        )
    order = np.argsort(probs, kind="stable")
    probs, weights = probs[order], weights[order]
    position = probs if binning == "equal_width" else _quantiles(probs, weights)
    edges = np.arange(1, num_bins) / num_bins
    bins = np.searchsorted(edges, position, side="right")
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    if not starts.size:
        return ReliabilityBins(*[np.zeros(0)] * 6)
    counts = np.diff(starts, append=len(bins))
    mass = np.add.reduceat(weights, starts)
    return ReliabilityBins(
        predicted=np.add.reduceat(weights * probs, starts) / mass,
        observed=np.add.reduceat(weights * is_positive[order], starts) / mass,
        weights=mass,
        counts=counts,
        lowest=probs[starts],
        highest=probs[starts + counts - 1],
    )


def check_binning(num_bins: int, binning: str) -> None:
    """Raises `ValueError` for wrong arguments of a binning."""
    if num_bins < 1:
        raise ValueError(
            f"`num_bins` must be positive. Received: num_bins={num_bins}"
        )
    if binning not in BINNINGS:
        raise ValueError(
            f"`binning` must be one of {BINNINGS}. "
            f"Received: binning={binning!r}"
        )


def _quantiles(probs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of the weight below each row, ties and itself counted half."""
    _, tie = np.unique(probs, return_inverse=True)
    mass = np.bincount(tie, weights)
    below = np.cumsum(mass) - mass / 2
    return (below / mass.sum())[tie]
