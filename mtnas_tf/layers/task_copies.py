"""A layer with weights of its own for each task."""

from typing import Any
from typing import Self

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.features.serialized_layer import serialized_layer
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class TaskCopies(keras.layers.Layer):
    """Independent copies of a layer, of which one is computed at a time.

    A weight of all copies is one variable with a row for each task, so that a
    graph takes the task as a number. The layer must have trainable weights
    alone.

    Args:
        layer: `keras.layers.Layer`, not built. It becomes the pattern of the
            copies, and its own weights are not used.
        num_tasks: int > 0.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: what the layer takes first.
        *args: what it takes behind.
        task: int scalar. Index of a task.

    Output shape:
        That of the layer.

    Example:
    >>> copies = TaskCopies(keras.layers.Dense(4), num_tasks=3)
    >>> copies(np.ones((2, 5)), task=1).shape
    TensorShape([2, 4])
    >>> [tuple(variable.shape) for variable in copies.trainable_weights]
    [(3, 5, 4), (3, 4)]
    """

    def __init__(
        self, layer: keras.layers.Layer, num_tasks: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_instances(keras.layers.Layer, layer=layer)
        check_ints(num_tasks=num_tasks)
        self.num_tasks = num_tasks
        # Past Keras, to which its weights would be weights of this layer.
        self.__dict__["pattern"] = layer

    def build(self, inputs_shape: Shape, *args: Shape) -> None:
        self._inputs_shape = inputs_shape
        copies = [self.new_copy() for _ in range(self.num_tasks)]
        for copy in (self.pattern, *copies):
            copy.build(inputs_shape)
        if self.pattern.non_trainable_weights:
            raise ValueError(
                "`layer` must have trainable weights alone. Received: "
                f"{[w.path for w in self.pattern.non_trainable_weights]}"
            )
        values = [copy.get_weights() for copy in copies]
        self.stacks = [
            self._new_stack(variable, np.stack(rows))
            for variable, rows in zip(
                self.pattern.weights, zip(*values, strict=True), strict=True
            )
        ]

    def call(self, inputs: Tensor, *args: Tensor, task: Tensor) -> Tensor:
        rows = [ops.take(stack, task, axis=0) for stack in self.stacks]
        state = list(zip(self.pattern.weights, rows, strict=True))
        with keras.StatelessScope(state_mapping=state):
            return self.pattern(inputs, *args)

    def new_copy(self) -> keras.layers.Layer:
        """A layer like the copies, with new weights once it is built."""
        return self.pattern.__class__.from_config(self.pattern.get_config())

    def copy_of(self, task: int) -> keras.layers.Layer:
        """The layer of one task, with its weights.

        Args:
            task: int. Index of a task.
        """
        copy = self.new_copy()
        copy.build(self._inputs_shape)
        copy.set_weights([ops.convert_to_numpy(x)[task] for x in self.stacks])
        return copy

    def compute_output_shape(self, inputs_shape: Shape, *args: Shape) -> Shape:
        shape: Shape = self.pattern.compute_output_shape(inputs_shape)
        return shape

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "layer": serialized_layer(self.pattern),
            "num_tasks": self.num_tasks,
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        layer = keras.saving.deserialize_keras_object(config["layer"])
        return cls(**{**config, "layer": layer})

    def _new_stack(
        self, variable: keras.Variable, values: np.ndarray
    ) -> keras.Variable:
        stack = self.add_weight(
            shape=values.shape,
            initializer=lambda shape, dtype: ops.convert_to_tensor(
                values, dtype
            ),
            autocast=False,
            name=variable.name,
        )
        stack.is_by_row = True  # see `RowAdam`
        return stack
