"""The metrics of a task, of a set of tasks, and their sum, in NumPy."""

import warnings
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

import numpy as np

from mtnas_tf.data.schema import TaskSpec
from mtnas_tf.metrics.exact_auc import exact_auc
from mtnas_tf.metrics.log_loss import LOG_LOSS_CLIP
from mtnas_tf.metrics.observed_rows import observed_rows

# Kind of task -> what `evaluate_task` returns.
METRICS = {
    "binary": ("auc", "log_loss"),
    "regression": ("mse", "mae"),
    "multiclass": ("accuracy", "log_loss"),
}
LOSS_METRICS = {
    "binary": "log_loss",
    "regression": "mse",
    "multiclass": "log_loss",
}


def evaluate_task(
    task: TaskSpec, labels: Any, predictions: Any, weights: Any = None
) -> dict[str, float]:
    """Metrics of one task, over the rows whose label is not NaN.

    Computes in float64. What the labels leave undefined is NaN and warned of
    once, with the counts: the AUC of one class, everything without labels.

    Args:
        task: `TaskSpec`.
        labels: `(rows,)` or `(rows, 1)`, NaN where missing.
        predictions: as many numbers, probabilities for a binary task; or, for
            a multi-class task, probabilities `(rows, classes)`.
        weights: as many numbers >= 0, or None for 1 each. Defaults to `None`.

    Returns:
        `{"auc", "log_loss"}` of a binary task, where the log loss clips
        probabilities to `[1e-7, 1 - 1e-7]`; `{"mse", "mae"}` of a regression;
        `{"accuracy", "log_loss"}` of a multi-class task: the share of rows
        whose class is the first of the most probable ones, and as above.

    Raises:
        ValueError: if the sizes differ, an observed label of a binary task is
            neither 0 nor 1, or of a multi-class task no class, an observed
            prediction is NaN or, unless of a regression, outside `[0, 1]`, or a
            weight is negative or not finite.

    Example:
    >>> task = TaskSpec(name="rating", kind="regression")
    >>> evaluate_task(task, [1.0, float("nan")], [3.0, 0.0])
    {'mse': 4.0, 'mae': 2.0}
    """
    if task.kind == "multiclass":
        return _multiclass_metrics(task, labels, predictions, weights)
    rows = observed_rows(labels, predictions, weights)
    if task.kind == "binary":
        return _binary_metrics(task, *rows)
    return _regression_metrics(task, *rows)


def evaluate_tasks(
    tasks: Iterable[TaskSpec],
    labels: Mapping[str, Any],
    predictions: Mapping[str, Any],
    weights: Mapping[str, Any] | None = None,
) -> dict[str, dict[str, float]]:
    """Metrics of every task, by the task's name.

    Args:
        tasks: `TaskSpec`s.
        labels: mapping of task name -> `(rows,)` or `(rows, 1)`.
        predictions: mapping of task name -> predictions, see `evaluate_task`.
        weights: mapping of task name -> as many numbers, or None. A task it
            leaves out is not weighted. Defaults to `None`.

    Returns:
        dict of task name -> what `evaluate_task` returns.

    Raises:
        ValueError: if `labels` or `predictions` lack a task, and as
            `evaluate_task`.
    """
    tasks = tuple(tasks)
    missing = [
        task.name
        for task in tasks
        if task.name not in labels or task.name not in predictions
    ]
    if missing:
        raise ValueError(
            "`labels` and `predictions` must hold every task. "
            f"Missing: {missing}. Received: labels={list(labels)}, "
            f"predictions={list(predictions)}"
        )
    weights = weights or {}
    return {
        task.name: evaluate_task(
            task,
            labels[task.name],
            predictions[task.name],
            weights.get(task.name),
        )
        for task in tasks
    }


def mtl_loss(
    tasks: Iterable[TaskSpec],
    task_metrics: Mapping[str, Mapping[str, float]],
) -> float:
    """Sum of the tasks' losses, unweighted.

    A task without labels adds nothing, as in training.

    Args:
        tasks: `TaskSpec`s.
        task_metrics: mapping of task name -> metrics, as `evaluate_tasks`
            returns it.

    Returns:
        float, the log loss of the binary and multi-class tasks plus the mean
        squared error of the regressions, in units of their variance
        (`TaskSpec.scale` squared); NaN if no task has labels.

    Example:
    >>> mtl_loss([TaskSpec(name="click")], {"click": {"log_loss": 0.25}})
    0.25
    """
    losses = [
        task_metrics[task.name][LOSS_METRICS[task.kind]] / task.scale**2
        for task in tasks
    ]
    defined = [loss for loss in losses if not np.isnan(loss)]
    return sum(defined) if defined else float("nan")


def _binary_metrics(
    task: TaskSpec,
    labels: np.ndarray,
    probs: np.ndarray,
    weights: np.ndarray,
) -> dict[str, float]:
    _check_probabilities(task, probs)
    auc = exact_auc(labels, probs, weights)
    if np.isnan(auc):
        _warn_undefined(
            f"Task `{task.name}`: the AUC is undefined, "
            f"{(labels == 1).sum()} positive and "
            f"{(labels == 0).sum()} negative labels observed."
        )
    probs = np.clip(probs, LOG_LOSS_CLIP, 1 - LOG_LOSS_CLIP)
    log_losses = -labels * np.log(probs) - (1 - labels) * np.log1p(-probs)
    return {"auc": auc, "log_loss": _weighted_mean(log_losses, weights)}


def _regression_metrics(
    task: TaskSpec,
    labels: np.ndarray,
    predictions: np.ndarray,
    weights: np.ndarray,
) -> dict[str, float]:
    if not labels.size:
        _warn_undefined(
            f"Task `{task.name}`: the errors are undefined, 0 labels observed."
        )
    errors = predictions - labels
    return {
        "mse": _weighted_mean(errors**2, weights),
        "mae": _weighted_mean(np.abs(errors), weights),
    }


def _multiclass_metrics(
    task: TaskSpec, labels: Any, predictions: Any, weights: Any
) -> dict[str, float]:
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
    _check_probabilities(task, probs)
    if not np.isin(labels, np.arange(task.num_outputs)).all():
        raise ValueError(
            f"`labels` must be whole numbers in [0, {task.num_outputs}) or NaN."
            f" Received: labels in [{labels.min()}, {labels.max()}], "
            f"task={task.name!r}"
        )
    if not labels.size:
        _warn_undefined(
            f"Task `{task.name}`: the accuracy is undefined, 0 labels observed."
        )
    classes = labels.astype(int)
    observed = np.take_along_axis(probs, classes[:, None], axis=1)[:, 0]
    log_losses = -np.log(np.clip(observed, LOG_LOSS_CLIP, 1 - LOG_LOSS_CLIP))
    is_hit = probs.argmax(axis=1) == classes
    return {
        "accuracy": _weighted_mean(is_hit, weights),
        "log_loss": _weighted_mean(log_losses, weights),
    }


def _check_probabilities(task: TaskSpec, probs: np.ndarray) -> None:
    if not ((probs >= 0) & (probs <= 1)).all():
        raise ValueError(
            f"`predictions` of a {task.kind} task must be probabilities. "
            f"Received: predictions in [{probs.min()}, {probs.max()}], "
            f"task={task.name!r}"
        )


def _weighted_mean(values: np.ndarray, weights: np.ndarray) -> float:
    if not values.size:
        return float("nan")
    return float(np.average(values, weights=weights))


def _warn_undefined(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=4)
