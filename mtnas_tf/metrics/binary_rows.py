"""The rows that count in a metric of a binary task."""

import numpy as np

from mtnas_tf.metrics.observed_rows import observed_rows
from mtnas_tf.types import Array


def binary_rows(
    labels: Array, scores: Array, weights: Array = None, *columns: Array
) -> tuple[np.ndarray, ...]:
    """As `observed_rows`, for labels 0 and 1.

    Args:
        labels: `(rows,)` or `(rows, 1)`, 0 or 1, NaN where missing.
        scores: see `observed_rows`.
        weights: see `observed_rows`.
        *columns: see `observed_rows`.

    Returns:
        bool `(observed rows,)`, True for a positive; then scores, weights and
        columns as `observed_rows` returns them.

    Raises:
        ValueError: if an observed label is neither 0 nor 1, and as
            `observed_rows`.
    """
    labels, *rest = observed_rows(labels, scores, weights, *columns)
    is_positive = labels == 1
    if not (is_positive | (labels == 0)).all():
        raise ValueError(
            "`labels` must be 0, 1 or NaN. "
            f"Received: labels in [{labels.min()}, {labels.max()}]"
        )
    return (is_positive, *rest)
