"""One number for how good a network is on the validation split."""

from collections.abc import Iterable
from collections.abc import Mapping

from mtnas_tf.data import TaskSpec


def validation_score(
    tasks: Iterable[TaskSpec], metrics: Mapping[str, float]
) -> float:
    """Sum of the binary tasks' AUCs, less the regressions' squared errors.

    Args:
        tasks: `TaskSpec`s.
        metrics: what `evaluate` returns.

    Returns:
        float, larger is better.

    Example:
    >>> validation_score([TaskSpec(name="click")], {"click_auc": 0.75})
    0.75
    """
    return sum(
        metrics[f"{task.name}_auc"]
        if task.kind == "binary"
        else -metrics[f"{task.name}_mse"]
        for task in tasks
    )
