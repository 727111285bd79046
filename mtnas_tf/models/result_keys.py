"""The names under which Keras logs what belongs to a task."""

from collections.abc import Iterable

from mtnas_tf.data import TaskSpec
from mtnas_tf.tasks import TASK_KINDS

LOSS = "loss"


def result_keys(
    tasks: Iterable[TaskSpec], own: Iterable[tuple[str, str]] = ()
) -> dict[tuple[str, str], str]:
    """A name for each value of each task, no two alike.

    `<task>_<metric>`, with more underscores between the two where that would
    name another value, itself or behind Keras' `val_`. What `evaluate` always
    computes chooses first, then a user's metrics, then the losses of training
    steps.

    Args:
        tasks: `TaskSpec`s.
        own: `(task, metric)` of the metrics that a user added. Defaults to
            `()`.

    Returns:
        dict `(task, metric)` -> name. The loss of a task in a training step is
        the metric `"loss"`.

    Example:
    >>> keys = result_keys([TaskSpec(name="buy"), TaskSpec(name="buy_log")])
    >>> keys["buy", "log_loss"], keys["buy_log", "loss"]
    ('buy_log_loss', 'buy_log__loss')
    """
    tasks = tuple(tasks)
    pairs = [
        *((t.name, metric) for t in tasks for metric in _metrics(t)),
        *own,
        *((task.name, LOSS) for task in tasks),
    ]
    keys: dict[tuple[str, str], str] = {}
    taken = {LOSS, f"val_{LOSS}"}
    for task, metric in dict.fromkeys(pairs):
        key = f"{task}_{metric}"
        while taken & {key, f"val_{key}"}:
            key = f"{key.removesuffix(metric)}_{metric}"
        taken |= {key, f"val_{key}"}
        keys[task, metric] = key
    return keys


def _metrics(task: TaskSpec) -> tuple[str, ...]:
    return TASK_KINDS[task.kind].metrics
