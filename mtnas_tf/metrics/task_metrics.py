"""Metrics of one task and of several, and the sum of losses, in NumPy."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from pkgutil import resolve_name

import numpy as np

from mtnas_tf.data.label_checks import check_labels
from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.tasks import TASK_KINDS
from mtnas_tf.types import Array


def evaluate_task(
    task: TaskSpec, labels: Array, predictions: Array, weights: Array = None
) -> dict[str, float]:
    """Metrics of one task, over the rows whose label is not NaN.

    Computes in float64. A metric that is not defined (the AUC of one class,
    anything without labels) is NaN; a warning gives the counts, once.

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
    check_labels(task, labels, weights)
    evaluate = resolve_name(TASK_KINDS[task.kind].evaluate)
    metrics: dict[str, float] = evaluate(task, labels, predictions, weights)
    return metrics


def evaluate_tasks(
    tasks: Iterable[TaskSpec],
    labels: Mapping[str, Array],
    predictions: Mapping[str, Array],
    weights: Mapping[str, Array] | None = None,
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

    Example:
    >>> tasks = [
    ...     TaskSpec(name="click"),
    ...     TaskSpec(name="rating", kind="regression"),
    ... ]
    >>> labels = {"click": [0, 1, 1], "rating": [1.0, 2.0, 3.0]}
    >>> outputs = {"click": [0.2, 0.9, 0.1], "rating": [1.0, 2.0, 5.0]}
    >>> evaluate_tasks(tasks, labels, outputs)["rating"]["mae"]
    0.6666666666666666
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


def mean_metrics(
    each: Sequence[Mapping[str, Mapping[str, float]]],
) -> dict[str, dict[str, float]]:
    """Means of the same tasks' metrics over several networks.

    Args:
        each: of each network task name -> metric -> value.

    Example:
    >>> mean_metrics([{"click": {"auc": 0.5}}, {"click": {"auc": 1.0}}])
    {'click': {'auc': 0.75}}
    """
    return {
        task: {
            name: float(np.mean([metrics[task][name] for metrics in each]))
            for name in each[0][task]
        }
        for task in each[0]
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
        task_metrics[task.name][TASK_KINDS[task.kind].loss_metric]
        / task.scale**2
        for task in tasks
    ]
    defined = [loss for loss in losses if not np.isnan(loss)]
    return sum(defined) if defined else float("nan")
