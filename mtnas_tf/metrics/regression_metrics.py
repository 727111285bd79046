"""The metrics of a regression task, in NumPy."""

import numpy as np

from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.metrics.observed_rows import observed_rows
from mtnas_tf.metrics.task_rows import warn_undefined
from mtnas_tf.metrics.task_rows import weighted_mean
from mtnas_tf.types import Array


def regression_metrics(
    task: TaskSpec, labels: Array, predictions: Array, weights: Array = None
) -> dict[str, float]:
    """Mean squared and mean absolute error, see `evaluate_task`."""
    labels, predictions, weights = observed_rows(labels, predictions, weights)
    if not labels.size:
        warn_undefined(task, "the errors are undefined, 0 labels observed.")
    errors = predictions - labels
    return {
        "mse": weighted_mean(errors**2, weights),
        "mae": weighted_mean(np.abs(errors), weights),
    }
