"""Sorts labels by task, from any form that Keras takes."""

from collections.abc import Iterable

from mtnas_tf.data import TaskSpec
from mtnas_tf.types import Labels
from mtnas_tf.types import TaskTensors


def task_labels(tasks: Iterable[TaskSpec], labels: Labels) -> TaskTensors:
    """The labels of each task.

    Args:
        tasks: `TaskSpec`s.
        labels: dict task name -> labels `(batch, 1)`; or a list or tuple of
            them, in the tasks' order; or, of a single task, labels alone.

    Returns:
        dict task name -> labels, of the tasks alone.

    Raises:
        ValueError: if a task has no labels, or a list has not as many entries
            as there are tasks.

    Example:
    >>> tasks = [TaskSpec(name="click"), TaskSpec(name="buy")]
    >>> task_labels(tasks, [[1.0], [0.0]])
    {'click': [1.0], 'buy': [0.0]}
    """
    names = [task.name for task in tasks]
    if isinstance(labels, dict):
        missing = [name for name in names if labels.get(name) is None]
        if missing:
            raise ValueError(
                f"`y` must hold labels of the tasks {names}. Missing: "
                f"{missing}. Received: {list(labels)}"
            )
        return {name: labels[name] for name in names}
    if not isinstance(labels, list | tuple):
        labels = [labels]
    if len(labels) != len(names):
        raise ValueError(
            f"`y` must hold labels of the tasks {names}, by name or in this "
            f"order. Received: {len(labels)} entries"
        )
    return dict(zip(names, labels, strict=True))
