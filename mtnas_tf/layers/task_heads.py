"""The last layers of tasks with different numbers of classes."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_widths
from mtnas_tf.types import Config
from mtnas_tf.types import DType
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

OFF = -1e9  # the logit of a class that a task does not have


@keras.saving.register_keras_serializable(package="mtnas_tf")
class TaskHeads(keras.layers.Layer):
    """A dense layer for each task, of which one is computed at a time.

    The kernels are rows of one variable, filled up with zeros to the largest
    number of classes, so that a graph takes the task as a number. What is
    filled up gets no gradient and stays 0.

    Args:
        num_classes: sequence of int > 0, one a task.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        features: `(batch, features)`.
        task: int scalar. Index of the task of all rows.

    Returns:
        Logits, `(batch, max(num_classes))`; -1e9 for classes that the task does
        not have.

    Example:
    >>> heads = TaskHeads([3, 2])
    >>> logits = heads(np.ones((1, 5)), task=1)
    >>> ops.softmax(logits).numpy()[0, 2]
    np.float32(0.0)
    """

    def __init__(self, num_classes: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_widths(1, num_classes=num_classes)
        self.num_classes = tuple(map(int, num_classes))

    def build(self, features_shape: Shape) -> None:
        num_tasks, width = len(self.num_classes), max(self.num_classes)
        self.kernel = self.add_weight(
            shape=(num_tasks, features_shape[-1], width),
            initializer=self._initial_kernels,
            autocast=False,  # cast is a task's row alone
            name="kernel",
        )
        self.bias = self.add_weight(
            shape=(num_tasks, width),
            initializer="zeros",
            autocast=False,
            name="bias",
        )
        for variable in (self.kernel, self.bias):
            variable.is_by_row = True  # see `RowAdam`

    def call(self, features: Tensor, task: Tensor) -> Tensor:
        kernel, bias = (
            ops.cast(ops.take(variable, task, axis=0), features.dtype)
            for variable in (self.kernel, self.bias)
        )
        sizes = ops.convert_to_tensor(np.array(self.num_classes, "int32"))
        places = ops.arange(max(self.num_classes), dtype="int32")
        logits = ops.cast(ops.matmul(features, kernel) + bias, "float32")
        return ops.where(places < ops.take(sizes, task), logits, OFF)

    def head(self, task: int) -> tuple[np.ndarray, np.ndarray]:
        """Kernel and bias of one task, without what is filled up.

        Args:
            task: int. Index of the task.
        """
        size = self.num_classes[task]
        kernel, bias = map(ops.convert_to_numpy, (self.kernel, self.bias))
        return kernel[task, :, :size], bias[task, :size]

    def compute_output_shape(self, features_shape: Shape) -> Shape:
        return (features_shape[0], max(self.num_classes))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_classes": list(self.num_classes),
        }

    def _initial_kernels(self, shape: Shape, dtype: DType = None) -> Tensor:
        """Each task's kernel as a dense layer of its own would draw it."""
        _, num_features, width = shape
        kernels = []
        for size in self.num_classes:
            limit = math.sqrt(6 / (num_features + size))
            draw = keras.initializers.RandomUniform(-limit, limit)
            kernel = draw((num_features, size), dtype)
            kernels.append(ops.pad(kernel, [[0, 0], [0, width - size]]))
        return ops.stack(kernels)
