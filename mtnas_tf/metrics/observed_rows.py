"""The rows that count in a metric."""

import numpy as np

from mtnas_tf.types import Array


def observed_rows(
    labels: Array, scores: Array, weights: Array = None, *columns: Array
) -> tuple[np.ndarray, ...]:
    """Drops the rows whose label is NaN or whose weight is 0.

    Args:
        labels: `(rows,)` or `(rows, 1)`, NaN where missing.
        scores: as many numbers, the predictions.
        weights: as many numbers >= 0, or None for 1 each. NaN is allowed where
            the label is missing. Defaults to `None`.
        *columns: further arrays `(rows,)`, to lose the same rows.

    Returns:
        Labels, scores and weights, float64 `(observed rows,)` each; then the
        columns.

    Raises:
        ValueError: if the sizes differ, a weight is negative or not finite,
            or the score of an observed row is NaN.
    """
    labels = np.asarray(labels, np.float64).reshape(-1)
    scores = np.asarray(scores, np.float64).reshape(-1)
    if weights is None:
        weights = np.ones_like(labels)
    weights = np.asarray(weights, np.float64).reshape(-1)
    if not labels.size == scores.size == weights.size:
        raise ValueError(
            "`labels`, `scores` and `weights` must have one number a row. "
            f"Received: sizes {labels.size}, {scores.size}, {weights.size}"
        )
    is_labeled = ~np.isnan(labels)
    bad = weights[is_labeled & ~(np.isfinite(weights) & (weights >= 0))]
    if bad.size:
        raise ValueError(
            "`weights` must be finite and not negative where a label is "
            f"observed. Received: {bad[0]} and {bad.size - 1} more"
        )
    is_observed = is_labeled & (weights > 0)
    num_bad = np.isnan(scores[is_observed]).sum()
    if num_bad:
        raise ValueError(
            "`scores`, the predictions, must not be NaN where a label is "
            f"observed. Received: {num_bad} NaN in {is_observed.sum()} rows"
        )
    return tuple(
        values[is_observed] for values in (labels, scores, weights, *columns)
    )
