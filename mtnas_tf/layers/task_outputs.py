"""Arranges the outputs of several tasks on one axis."""

from collections.abc import Mapping

from keras import ops

from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


def repeat_by_output(weights: Tensor, num_outputs: Mapping[str, int]) -> Tensor:
    """Repeats the row of each task for all of its outputs.

    Args:
        weights: `(..., tasks, values)`.
        num_outputs: dict task name -> number of its outputs.
    """
    counts = list(num_outputs.values())
    if max(counts) == 1:
        return weights
    rows = [
        ops.repeat(weights[..., index : index + 1, :], count, axis=-2)
        for index, count in enumerate(counts)
    ]
    return ops.concatenate(rows, axis=-2)


def split_by_task(
    outputs: Tensor, num_outputs: Mapping[str, int]
) -> TaskTensors:
    """Splits the last axis, the outputs of all tasks, by task.

    Args:
        outputs: `(..., outputs)`.
        num_outputs: dict task name -> number of its outputs.

    Returns:
        dict task name -> the tensor without that axis; of a multi-class task
        with its classes there.
    """
    parts: TaskTensors = {}
    start = 0
    for name, count in num_outputs.items():
        own = start if count == 1 else slice(start, start + count)
        parts[name] = outputs[..., own]
        start += count
    return parts
