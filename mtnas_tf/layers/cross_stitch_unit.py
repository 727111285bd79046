"""A cross-stitch unit: every task's activations, mixed with the others'."""

from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_positive
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class CrossStitchUnit(keras.layers.Layer):
    """Mixes the activations of all tasks by learned weights, unit by unit.

        x'_t = sum_s a_ts x_s

    The weights have a learning rate `stitch_rate` times the optimizer's: what
    is stored is `a / stitch_rate`, and its gradient is that of `a`. So a step
    moves `a` by `stitch_rate` times what it would be moved by, with Adam as
    with SGD.

    Args:
        own_weight: float in [0, 1). Where `a_tt` starts; the weights of other
            tasks start at equal shares of the rest. Defaults to `0.9`.
        per_channel: bool. Whether every unit has weights of its own. Defaults
            to `False`.
        stitch_rate: float > 0. Learning rate of the weights, as a multiple of
            the optimizer's. Defaults to `10.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, tasks, units)`.

    Output shape:
        The shape of `inputs`.

    Example:
    >>> unit = CrossStitchUnit()
    >>> outputs = unit(np.array([[[1.0], [0.0]]], "float32"))
    >>> [round(float(x), 3) for x in outputs[0, :, 0]]
    [0.9, 0.1]

    Reference:
    - [Misra et al., 2016](https://arxiv.org/abs/1604.03539), equation 1.
    """

    def __init__(
        self,
        own_weight: float = 0.9,
        per_channel: bool = False,
        stitch_rate: float = 10.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_fractions(own_weight=own_weight)
        check_bools(per_channel=per_channel)
        check_positive(stitch_rate=stitch_rate)
        self.own_weight = own_weight
        self.per_channel = per_channel
        self.stitch_rate = stitch_rate

    def build(self, input_shape: Shape) -> None:
        num_tasks, units = input_shape[-2:]
        start = np.ones((1, 1))  # of a single task
        if num_tasks > 1:
            rest = (1 - self.own_weight) / (num_tasks - 1)
            own = np.eye(num_tasks) * (self.own_weight - rest)
            start = own + rest
        if self.per_channel:
            start = np.repeat(start[..., None], units, axis=-1)
        self.scaled = self.add_weight(
            shape=start.shape,
            initializer=keras.initializers.Constant(start / self.stitch_rate),
            name="scaled",
        )

    def mixing(self) -> Tensor:
        """The weights a: `(tasks, tasks)`, with units last if per channel."""
        # The value is `stitch_rate * scaled`, the derivative 1.
        rest = (self.stitch_rate - 1) * ops.stop_gradient(self.scaled)
        return self.scaled + rest

    def mean_mixing(self) -> np.ndarray:
        """The weights a: `(tasks, tasks)`, their mean over the channels."""
        mixing: np.ndarray = ops.convert_to_numpy(self.mixing())
        return mixing.mean(axis=-1) if self.per_channel else mixing

    def call(self, inputs: Tensor) -> Tensor:
        equation = "bsu,tsu->btu" if self.per_channel else "bsu,ts->btu"
        return ops.einsum(equation, inputs, self.mixing())

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "own_weight": self.own_weight,
            "per_channel": self.per_channel,
            "stitch_rate": self.stitch_rate,
        }
