"""Activates logits."""

import dataclasses
from collections.abc import Sequence
from pkgutil import resolve_name
from typing import Any
from typing import Self

import keras

from mtnas_tf.data import TaskSpec
from mtnas_tf.losses.tower_outputs import with_tower_outputs
from mtnas_tf.tasks import TASK_KINDS
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors


@keras.saving.register_keras_serializable(package="mtnas_tf")
class TaskActivations(keras.layers.Layer):
    """Turns logits into predictions, by the kind and units of each task.

    The predictions keep their logits for the loss.

    Args:
        tasks: sequence of `TaskSpec`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        logits: dict task name -> logits of any shape, those of classes on the
            last axis.

    Returns:
        dict task name -> predictions of the same shape.

    Example:
    >>> activate = mt.layers.TaskActivations([mt.data.TaskSpec(name="click")])
    >>> activate({"click": np.zeros((2, 1))})["click"].numpy().tolist()
    [[0.5], [0.5]]
    """

    def __init__(self, tasks: Sequence[TaskSpec], **kwargs: Any) -> None:
        # Logits are float32 whatever the towers compute in.
        super().__init__(autocast=False, **kwargs)
        check_task_specs(tasks)
        self.tasks = tuple(tasks)

    def call(self, logits: TaskTensors) -> TaskTensors:
        predictions: TaskTensors = {}
        for task in self.tasks:
            own = logits[task.name]
            activation = resolve_name(TASK_KINDS[task.kind].activation)
            predictions[task.name] = with_tower_outputs(
                activation(task.unscaled(own)), own
            )
        return predictions

    def compute_output_shape(
        self, logits_shape: dict[str, Shape]
    ) -> dict[str, Shape]:
        return {task.name: logits_shape[task.name] for task in self.tasks}

    def get_config(self) -> Config:
        tasks = [dataclasses.asdict(task) for task in self.tasks]
        return {**super().get_config(), "tasks": tasks}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        tasks = [TaskSpec(**task) for task in config["tasks"]]
        return cls(**{**config, "tasks": tasks})


def check_task_specs(tasks: Sequence[TaskSpec]) -> None:
    """Refuses what is no sequence of at least one `TaskSpec`."""
    is_sequence = isinstance(tasks, list | tuple) and len(tasks) > 0
    if not is_sequence or not all(isinstance(t, TaskSpec) for t in tasks):
        raise ValueError(
            "`tasks` must hold a `TaskSpec` for each task. "
            f"Received: tasks={tasks!r}"
        )
