"""Arguments of `compile` as Keras takes them -> one entry for each task."""

from collections.abc import Sequence
from typing import Any

from mtnas_tf.layer_name import safe_name


def by_task(argument: str, given: Any, tasks: Sequence[str]) -> Any:
    """A list in the tasks' order as a dict; a dict by the tasks' own names.

    Keras itself would read the list in the order of the sorted names. A loaded
    model is compiled with the names that Keras was given, see `safe_name`.
    Anything else is returned as it is.

    Args:
        argument: string. The argument's name, for the error.
        given: what `compile` got.
        tasks: names of the tasks.

    Raises:
        ValueError: if a list has not as many entries as there are tasks.

    Example:
    >>> by_task("loss_weights", [1.0, 0.5], ["like", "click"])
    {'like': 1.0, 'click': 0.5}
    """
    if isinstance(given, dict):
        own = {safe_name(task): task for task in tasks}
        return {own.get(name, name): value for name, value in given.items()}
    if not isinstance(given, list | tuple) or not given:
        return given
    if len(given) != len(tasks):
        raise ValueError(
            f"`{argument}` must be a dict by task, or a list in the order of "
            f"the tasks {list(tasks)}. Received: {len(given)} entries"
        )
    return dict(zip(tasks, given, strict=True))
