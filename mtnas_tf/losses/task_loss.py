"""The loss of a task."""

from pkgutil import resolve_name

from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.losses.masked_loss import MaskedLoss
from mtnas_tf.tasks import TASK_KINDS


def loss_for(task: TaskSpec) -> MaskedLoss:
    """The loss a task is trained with.

    Args:
        task: `TaskSpec`.

    Returns:
        `MaskedBinaryCrossentropy`, `MaskedMeanSquaredError` (in the task's
        units of variance) or `MaskedCategoricalCrossentropy`, a new one.

    Example:
    >>> loss_for(TaskSpec(name="click")).name
    'masked_binary_crossentropy'
    """
    loss: type[MaskedLoss] = resolve_name(TASK_KINDS[task.kind].loss)
    return loss.for_task(task)
