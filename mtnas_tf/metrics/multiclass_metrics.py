"""The metrics of a multi-class task, in NumPy."""

import numpy as np

from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.metrics.log_loss import LOG_LOSS_CLIP
from mtnas_tf.metrics.observed_rows import observed_rows
from mtnas_tf.metrics.task_rows import check_probabilities
from mtnas_tf.metrics.task_rows import warn_undefined
from mtnas_tf.metrics.task_rows import weighted_mean
from mtnas_tf.types import Array


def multiclass_metrics(
    task: TaskSpec, labels: Array, predictions: Array, weights: Array = None
) -> dict[str, float]:
    """Accuracy and log loss, see `evaluate_task`."""
    probs = np.asarray(predictions, np.float64)
    if probs.ndim != 2 or probs.shape[1] != task.num_outputs:
        raise ValueError(
            "`predictions` of a multi-class task must have the shape "
            f"(rows, {task.num_outputs}). "
            f"Received: shape={probs.shape}, task={task.name!r}"
        )
    # Of a row's numbers the largest is NaN if any is.
    labels, _, weights, probs = observed_rows(
        labels, probs.max(axis=1), weights, probs
    )
    check_probabilities(task, probs)
    if not labels.size:
        warn_undefined(task, "the accuracy is undefined, 0 labels observed.")
    classes = labels.astype(int)
    observed = np.take_along_axis(probs, classes[:, None], axis=1)[:, 0]
    log_losses = -np.log(np.clip(observed, LOG_LOSS_CLIP, 1 - LOG_LOSS_CLIP))
    is_hit = probs.argmax(axis=1) == classes
    return {
        "accuracy": weighted_mean(is_hit, weights),
        "log_loss": weighted_mean(log_losses, weights),
    }
