"""Counts the training steps of a layer that changes with them."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class StepCounter(keras.layers.Layer):
    """Counts calls in training: a temperature or a curriculum follows it.

    The count is a weight, so that a saved model goes on where it was. A step of
    `fit` is one call, eager, in a graph and under XLA. Validation, prediction
    and export do not count.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> counter = StepCounter()
    >>> [float(counter.advance(training=True)) for _ in range(3)]
    [0.0, 1.0, 2.0]
    >>> float(counter.advance(training=False))
    3.0
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.build()

    def build(self, input_shape: Shape | None = None) -> None:
        self.steps = self.add_weight(
            shape=(),
            initializer="zeros",
            dtype="int64",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            name="steps",
        )
        self.built = True

    def advance(self, training: bool) -> Tensor:
        """The steps taken before this call, which counts as one in training.

        Args:
            training: bool.

        Returns:
            float32 scalar.
        """
        steps = ops.cast(self.steps, "float32")
        if training:
            self.steps.assign_add(ops.ones((), "int64"))
        return steps
