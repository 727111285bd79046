"""Base of what balances tasks."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.data.task_spec import TaskSpec


class Balancing(keras.layers.Layer):
    """Decides how much each task moves the weights that tasks share.

    Given to `compile(balancing=...)`. A subclass is of one of two kinds:
    `LossBalancing` weighs the losses of the tasks, `GradientBalancing` their
    gradients. State that must be saved with a model is a weight, created in
    `build`; it is no weight of the model.

    Everything is computed in float32, whatever the model's precision. A step
    whose losses or gradients are not finite leaves the state alone.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> isinstance(mt.balancing.DWA(), mt.balancing.Balancing)
    True
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.tasks: tuple[TaskSpec, ...] = ()

    @property
    def num_tasks(self) -> int:
        """Number of tasks."""
        return len(self.tasks)

    def build(self, tasks: Sequence[TaskSpec], num_variables: int) -> None:
        """Creates the state.

        Args:
            tasks: `TaskSpec`s, in the order of all vectors by task.
            num_variables: int. Trainable variables of the model.
        """
        self.tasks = tuple(tasks)

    def end_epoch(self) -> None:
        """Called by `fit` at the end of every epoch."""

    def get_build_config(self) -> None:
        """None: `compile` builds a loaded one, with the tasks of its model."""
