"""A network for each task; nothing is shared."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.layer_name import layer_name
from mtnas_tf.layers.shared_bottom import SharedBottom
from mtnas_tf.routes import RouteSpace
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.SingleTask"
)
class SingleTask(keras.layers.Layer):
    """Each task has a `SharedBottom` and a root feature of its own.

    Args:
        tasks: sequence of task names.
        hidden_units: see `SharedBottom`. Defaults to `(64,)`.
        stem_units: see `Stem`. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        roots: dict task name -> `(batch, root_units)`, see
            `mtnas_tf.features.TaskEncoders`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Example:
    >>> body = mt.layers.SingleTask(["click", "like"], hidden_units=(5,))
    >>> roots = {"click": np.ones((2, 3)), "like": np.zeros((2, 3))}
    >>> body(roots)["like"].shape
    TensorShape([2, 5])
    """

    def __init__(
        self,
        tasks: Sequence[str],
        hidden_units: Sequence[int] = (64,),
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bodies = {
            task: SharedBottom(
                [task],
                hidden_units,
                stem_units,
                normalization,
                dropout_rate,
                dtype=self.dtype_policy,
                name=layer_name("body", task),
            )
            for task in RouteSpace(tasks, 1, 1).tasks
        }

    def build(self, roots_shape: dict[str, Shape]) -> None:
        for task, body in self.bodies.items():
            body.build(roots_shape[task])

    def call(self, roots: TaskTensors, training: bool = False) -> TaskTensors:
        return {
            task: body(roots[task], training=training)[task]
            for task, body in self.bodies.items()
        }

    def compute_output_shape(
        self, roots_shape: dict[str, Shape]
    ) -> dict[str, Shape]:
        return {
            task: body.compute_output_shape(roots_shape[task])[task]
            for task, body in self.bodies.items()
        }

    def get_config(self) -> Config:
        body = next(iter(self.bodies.values())).get_config()
        return {**body, **super().get_config(), "tasks": list(self.bodies)}
