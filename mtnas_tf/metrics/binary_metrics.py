"""The metrics of a binary task, in NumPy."""

import numpy as np

from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.metrics.exact_auc import exact_auc
from mtnas_tf.metrics.log_loss import LOG_LOSS_CLIP
from mtnas_tf.metrics.observed_rows import observed_rows
from mtnas_tf.metrics.task_rows import check_probabilities
from mtnas_tf.metrics.task_rows import warn_undefined
from mtnas_tf.metrics.task_rows import weighted_mean
from mtnas_tf.types import Array


def binary_metrics(
    task: TaskSpec, labels: Array, predictions: Array, weights: Array = None
) -> dict[str, float]:
    """AUC and log loss, see `evaluate_task`."""
    labels, probs, weights = observed_rows(labels, predictions, weights)
    check_probabilities(task, probs)
    auc = exact_auc(labels, probs, weights)
    if np.isnan(auc):
        warn_undefined(
            task,
            f"the AUC is undefined, {(labels == 1).sum()} positive and "
            f"{(labels == 0).sum()} negative labels observed.",
        )
    probs = np.clip(probs, LOG_LOSS_CLIP, 1 - LOG_LOSS_CLIP)
    log_losses = -labels * np.log(probs) - (1 - labels) * np.log1p(-probs)
    return {"auc": auc, "log_loss": weighted_mean(log_losses, weights)}
