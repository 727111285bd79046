"""Tasks that classify images."""

from collections.abc import Mapping

from mtnas_tf.data import TaskSpec


def tasks_of_classes(num_classes: Mapping[str, int]) -> tuple[TaskSpec, ...]:
    """A multi-class task for each number of classes.

    Args:
        num_classes: dict task name -> int.

    Example:
    >>> tasks_of_classes({"latin": 26})[0].num_classes
    26
    """
    return tuple(
        TaskSpec(name=name, kind="multiclass", num_classes=size)
        for name, size in num_classes.items()
    )
