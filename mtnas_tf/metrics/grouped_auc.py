"""Area under the ROC curve within groups, averaged over them.

`gauc = sum_g w_g auc_g / sum_g w_g`, over the groups of both classes.
"""

import keras
import numpy as np

from mtnas_tf.metrics.row_metric import RowMetric
from mtnas_tf.types import Array
from mtnas_tf.types import Config

WEIGHTINGS = ("rows", "equal")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class GroupedAUC(RowMetric):
    """Mean over groups, such as users, of the exact AUC of their rows.

    The rows of a user are ranked among themselves, as in a list of
    recommendations. That some users click more than others, which accounts for
    most of a plain AUC, does not matter. A group with one class has no AUC; it
    is left out and counted.

    Keras passes no groups to a metric, so this one is updated by hand or by
    `mtnas_tf.metrics.evaluate_groups`. A row of a
    float32 score and an int32 group takes 9 bytes, at the peak of `result` 110.

    Args:
        weighting: the weight of a group in the mean. `"rows"`: the number of
            its observed rows, or the sum of their sample weights, as in the
            literature; `"equal"`: 1. Defaults to `"rows"`.
        name: string. Name of the metric. Defaults to `"gauc"`.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, 0 or 1, NaN where missing.
        y_pred: `(batch,)` or `(batch, 1)`; only the order within a group
            matters.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.
        groups: ints `(batch,)` or `(batch, 1)`. A group may be spread over
            batches.

    Returns:
        dict: `gauc`, float in `[0, 1]`, NaN without a group of both classes;
        `num_groups`, the groups it is a mean of; `num_left_out`, the groups of
        one class.

    Example:
    >>> gauc = GroupedAUC()
    >>> gauc.update_state([0, 1, 1], [0.2, 0.9, 0.1], groups=[7, 7, 8])
    >>> gauc.result()
    {'gauc': 1.0, 'num_groups': 1, 'num_left_out': 1}

    References:
    - [Zhu et al., 2017](https://arxiv.org/abs/1703.02091), where it weighs by
      impressions or clicks.
    - [Zhou et al., 2018](https://arxiv.org/abs/1706.06978), by impressions.
    """

    def __init__(self, weighting: str = "rows", name: str = "gauc") -> None:
        super().__init__(name=name)
        if weighting not in WEIGHTINGS:
            raise ValueError(
                f"`weighting` must be one of {WEIGHTINGS}. "
                f"Received: weighting={weighting!r}"
            )
        self.weighting = weighting

    def update_state(
        self,
        y_true: Array,
        y_pred: Array,
        sample_weight: Array = None,
        groups: Array = None,
    ) -> None:
        if groups is None:
            raise ValueError(
                "`groups` must hold the group of each row. Keras passes none: "
                "call `mtnas_tf.metrics.evaluate_groups` instead of compiling "
                "a model with this metric. Received: groups=None"
            )
        groups = np.asarray(groups)
        if groups.dtype.kind not in "iu":
            raise ValueError(
                f"`groups` must be ints. Received: dtype={groups.dtype}"
            )
        groups = groups.reshape(-1)
        if groups.size != np.size(y_true):
            raise ValueError(
                "`groups` must have one int a row. Received: "
                f"{groups.size} groups of {np.size(y_true)} labels"
            )
        self.keep(y_true, y_pred, sample_weight, groups)

    def result(self) -> dict[str, float]:
        is_positive, scores, weights, *columns = self.rows()
        if not len(scores):
            return {"gauc": float("nan"), "num_groups": 0, "num_left_out": 0}
        won, positives, negatives = _pairs_of_each(
            columns[0], is_positive, scores, weights
        )
        has_both = (positives > 0) & (negatives > 0)
        positives, negatives = positives[has_both], negatives[has_both]
        aucs = won[has_both] / (positives * negatives)
        by_rows = self.weighting == "rows"
        group_weights = positives + negatives if by_rows else np.ones(len(aucs))
        return {
            "gauc": float(np.average(aucs, weights=group_weights))
            if len(aucs)
            else float("nan"),
            "num_groups": len(aucs),
            "num_left_out": len(has_both) - len(aucs),
        }

    def get_config(self) -> Config:
        return {**super().get_config(), "weighting": self.weighting}


def _pairs_of_each(
    groups: np.ndarray,
    is_positive: np.ndarray,
    scores: np.ndarray,
    weights: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of pairs won, positives and negatives, for each group."""
    order = np.lexsort((scores, groups))
    groups, scores = groups[order], scores[order]
    is_positive = is_positive[order]
    row_weights = np.ones(len(order)) if weights is None else weights[order]
    starts_group = np.append(True, groups[1:] != groups[:-1])
    starts_tie = np.append(True, scores[1:] != scores[:-1]) | starts_group
    # From here on an entry is a set of tied rows of one group.
    first_rows = np.flatnonzero(starts_tie)
    positives, negatives = (
        np.add.reduceat(row_weights * chosen, first_rows, dtype=np.float64)
        for chosen in (is_positive, ~is_positive)
    )
    group = np.cumsum(starts_group)[first_rows] - 1
    first_ties = np.flatnonzero(starts_group[first_rows])
    ahead = np.cumsum(negatives) - negatives
    below = ahead - ahead[first_ties][group]
    won = positives * (below + negatives / 2)
    return (
        np.bincount(group, won),
        np.bincount(group, positives),
        np.bincount(group, negatives),
    )
