"""Sorts sample weights by task, from any form that Keras takes."""

from collections.abc import Iterable

import numpy as np

from mtnas_tf.data import TaskSpec
from mtnas_tf.types import SampleWeights
from mtnas_tf.types import Tensor


def task_weights(
    tasks: Iterable[TaskSpec], sample_weight: SampleWeights
) -> dict[str, Tensor | None] | None:
    """The sample weights of each task.

    Args:
        tasks: `TaskSpec`s.
        sample_weight: dict task name -> weights `(batch, 1)`, where a task may
            be missing or None; or a list of arrays, in the tasks' order; or
            weights of all tasks; or None.

    Returns:
        dict task name -> weights, or None for 1 each; or None, if
        `sample_weight` is.

    Raises:
        ValueError: for a name that is no task's, or a list of arrays that has
            not as many entries as there are tasks.

    Example:
    >>> tasks = [TaskSpec(name="click"), TaskSpec(name="buy")]
    >>> task_weights(tasks, {"buy": [2.0]})
    {'click': None, 'buy': [2.0]}
    """
    names = [task.name for task in tasks]
    if sample_weight is None:
        return None
    if isinstance(sample_weight, list | tuple) and all(
        weights is None or np.ndim(weights) for weights in sample_weight
    ):
        if len(sample_weight) != len(names):
            raise ValueError(
                f"`sample_weight` must hold weights of the tasks {names}. "
                f"Received: {len(sample_weight)} entries"
            )
        return dict(zip(names, sample_weight, strict=True))
    if not isinstance(sample_weight, dict):
        return dict.fromkeys(names, sample_weight)
    unknown = sorted(set(sample_weight) - set(names))
    if unknown:
        raise ValueError(
            f"`sample_weight` must be keyed by the tasks {names}. "
            f"Received: {unknown} too"
        )
    return {name: sample_weight.get(name) for name in names}
