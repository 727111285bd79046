"""Helpers of the metrics of all kinds of tasks."""

import warnings

import numpy as np

from mtnas_tf.data.task_spec import TaskSpec


def check_probabilities(task: TaskSpec, probs: np.ndarray) -> None:
    """Refuses predictions outside [0, 1].

    Args:
        task: `TaskSpec`, to be named.
        probs: array.
    """
    if not ((probs >= 0) & (probs <= 1)).all():
        raise ValueError(
            f"`predictions` of a {task.kind} task must be probabilities. "
            f"Received: predictions in [{probs.min()}, {probs.max()}], "
            f"task={task.name!r}"
        )


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> float:
    """The weighted mean, NaN if there are no values.

    Args:
        values: `(rows,)`.
        weights: `(rows,)`, above 0.
    """
    if not values.size:
        return float("nan")
    return float(np.average(values, weights=weights))


def warn_undefined(task: TaskSpec, what: str) -> None:
    """Warns of a metric that the labels leave undefined.

    Args:
        task: `TaskSpec`, to be named.
        what: string. The metric and the observed counts.
    """
    warnings.warn(f"Task `{task.name}`: {what}", UserWarning, stacklevel=4)
