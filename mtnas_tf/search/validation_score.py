"""One number for how good a network is on the validation split."""

import math
from collections.abc import Iterable
from collections.abc import Mapping

from mtnas_tf.data import TaskSpec


def validation_score(
    tasks: Iterable[TaskSpec], metrics: Mapping[str, float]
) -> float:
    """Sum of the binary tasks' AUCs, less the regressions' squared errors.

    What the split's labels leave undefined, an AUC of one class or a task
    without labels, is so for every network: it is left out.

    Args:
        tasks: `TaskSpec`s.
        metrics: what `evaluate` returns.

    Returns:
        float, larger is better; NaN if nothing is defined.

    Example:
    >>> validation_score([TaskSpec(name="click")], {"click_auc": 0.75})
    0.75
    """
    terms = [
        metrics[f"{task.name}_auc"]
        if task.kind == "binary"
        else -metrics[f"{task.name}_mse"]
        for task in tasks
    ]
    defined = [term for term in terms if not math.isnan(term)]
    return sum(defined) if defined else math.nan
