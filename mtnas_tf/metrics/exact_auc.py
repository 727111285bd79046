"""Area under the ROC curve, exact, in NumPy.

`auc = sum_{i in P, j in N} w_i w_j ([s_i > s_j] + [s_i = s_j] / 2)
/ (sum_P w_i sum_N w_j)`, the Mann-Whitney statistic.
"""

from typing import Any

import numpy as np

from mtnas_tf.metrics.observed_rows import observed_rows


def exact_auc(labels: Any, scores: Any, weights: Any = None) -> float:
    """Probability that a positive scores higher than a negative.

    A tie counts one half. No buckets: one sort, float64 throughout.

    Args:
        labels: `(rows,)` or `(rows, 1)`, 0 or 1, NaN where missing.
        scores: as many numbers; only their order matters, so logits and
            probabilities give the same value unless they round to ties.
        weights: as many numbers >= 0, or None for 1 each. Defaults to `None`.

    Returns:
        float in `[0, 1]`; NaN unless both classes are observed with a weight
        above 0.

    Raises:
        ValueError: if the sizes differ, an observed label is neither 0 nor 1,
            an observed score is NaN, or a weight is negative or not finite.

    Example:
    >>> exact_auc([0, 1, 1, float("nan")], [0.2, 0.2, 0.9, 0.1])
    0.75

    Reference:
    - [Hanley and McNeil, 1982](https://doi.org/10.1148/radiology.143.1.7063747),
      the area as the Mann-Whitney statistic.
    """
    labels, scores, weights = observed_rows(labels, scores, weights)
    is_positive = labels == 1
    if not (is_positive | (labels == 0)).all():
        raise ValueError(
            "`labels` must be 0, 1 or NaN. "
            f"Received: labels in [{labels.min()}, {labels.max()}]"
        )
    if is_positive.all() or not is_positive.any():
        return float("nan")
    # Weight of each class at each distinct score, in ascending order.
    _, group = np.unique(scores, return_inverse=True)
    positives = np.bincount(group, weights * is_positive)
    negatives = np.bincount(group, weights * ~is_positive)
    won = np.cumsum(negatives) - negatives / 2
    total = positives.sum() * negatives.sum()
    return float(positives @ won / total)
