"""Kind of task -> its loss."""

from collections.abc import Callable

from mtnas_tf.data.schema import TaskSpec
from mtnas_tf.losses.masked_binary_crossentropy import MaskedBinaryCrossentropy
from mtnas_tf.losses.masked_categorical_crossentropy import (
    MaskedCategoricalCrossentropy,
)
from mtnas_tf.losses.masked_loss import MaskedLoss
from mtnas_tf.losses.masked_mean_squared_error import MaskedMeanSquaredError

LOSSES: dict[str, Callable[[TaskSpec], MaskedLoss]] = {
    "binary": lambda task: MaskedBinaryCrossentropy(),
    "regression": lambda task: MaskedMeanSquaredError(task.mean, task.scale),
    "multiclass": lambda task: MaskedCategoricalCrossentropy(),
}


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
    return LOSSES[task.kind](task)
