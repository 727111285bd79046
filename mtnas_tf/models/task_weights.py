"""Sample weights as Keras takes them -> one entry for each task."""

from collections.abc import Iterable
from typing import Any

from mtnas_tf.data import TaskSpec


def task_weights(
    tasks: Iterable[TaskSpec], sample_weight: Any
) -> dict[str, Any] | None:
    """The sample weights of each task.

    Args:
        tasks: `TaskSpec`s.
        sample_weight: dict task name -> weights `(batch, 1)`, where a task may
            be missing or None; or weights of all tasks; or None.

    Returns:
        dict task name -> weights, or None for 1 each; or None, if
        `sample_weight` is.

    Raises:
        ValueError: for a name that is no task's.

    Example:
    >>> tasks = [TaskSpec(name="click"), TaskSpec(name="buy")]
    >>> task_weights(tasks, {"buy": [2.0]})
    {'click': None, 'buy': [2.0]}
    """
    names = [task.name for task in tasks]
    if sample_weight is None:
        return None
    if not isinstance(sample_weight, dict):
        return dict.fromkeys(names, sample_weight)
    unknown = sorted(set(sample_weight) - set(names))
    if unknown:
        raise ValueError(
            f"`sample_weight` must be keyed by the tasks {names}. "
            f"Received: {unknown} too"
        )
    return {name: sample_weight.get(name) for name in names}
