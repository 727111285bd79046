"""Checks the loss weights that a model is compiled with."""

from collections.abc import Mapping
from collections.abc import Sequence

from mtnas_tf.arguments import check_positive
from mtnas_tf.models.by_task import by_task


def loss_weights_by_task(
    given: Mapping[str, float] | Sequence[float] | None, tasks: Sequence[str]
) -> dict[str, float] | None:
    """The loss weight of each task; 1 of a task that is left out.

    Args:
        given: dict task name -> number above 0, a list in the order of the
            tasks, or `None`.
        tasks: names of the tasks.

    Returns:
        dict task name -> float, or `None` for 1 each, if `given` is.

    Raises:
        ValueError: for a name that is no task's, or a weight that is no finite
            number above 0.

    Example:
    >>> loss_weights_by_task({"like": 10}, ["like", "click"])
    {'like': 10.0, 'click': 1.0}
    """
    weights = by_task("loss_weights", given, tasks)
    if weights is None:
        return None
    if not isinstance(weights, dict) or not set(weights) <= set(tasks):
        raise ValueError(
            "`loss_weights` must be a dict whose keys are among the tasks "
            f"{list(tasks)}. Received: loss_weights={given!r}"
        )
    for task, weight in weights.items():
        check_positive(**{f"loss_weights[{task!r}]": weight})
    return {task: float(weights.get(task, 1.0)) for task in tasks}
