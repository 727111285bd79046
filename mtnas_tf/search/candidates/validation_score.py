"""The score of a network on the validation split."""

import math
from collections.abc import Iterable
from collections.abc import Mapping

from mtnas_tf.data import TaskSpec
from mtnas_tf.tasks import TASK_KINDS


def validation_score(
    tasks: Iterable[TaskSpec], metrics: Mapping[str, Mapping[str, float]]
) -> float:
    """Sum of AUCs and accuracies, minus the regressions' squared errors.

    A binary task counts its AUC, a multi-class task its accuracy, a regression
    the squared error in units of its labels' variance, each times the task's
    `score_weight`. A metric
    that the split's labels leave undefined (an AUC of one class, a task without
    labels) is undefined for every network, and left out.

    Args:
        tasks: `TaskSpec`s.
        metrics: dict task name -> metric -> value, as `evaluate_by_task`
            returns it.

    Returns:
        float, larger is better; NaN if nothing is defined.

    Example:
    >>> validation_score([TaskSpec(name="click")], {"click": {"auc": 0.75}})
    0.75
    """
    terms = [
        # Only a regression has a scale.
        task.score_weight
        * kind.score_sign
        * metrics[task.name][kind.score_metric]
        / task.scale**2
        for task in tasks
        for kind in [TASK_KINDS[task.kind]]
    ]
    defined = [term for term in terms if not math.isnan(term)]
    return sum(defined) if defined else math.nan
