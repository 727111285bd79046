"""A gate that scales hidden units by what is known of a row."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive
from mtnas_tf.arguments import check_widths
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class GateNU(keras.layers.Layer):
    """A factor for each unit: the gate neural unit.

        g = gamma * sigmoid(relu(x W + b) W' + b')

    Factors lie between 0 and `gamma`: with the default a unit is switched off,
    left as it is, or doubled. They begin near 1.

    Args:
        units: int > 0. Factors.
        gate_units: sequence of int > 0. Widths of the hidden layers, of which
            the paper has one. Defaults to `(64,)`.
        gamma: float > 0. The largest factor. Defaults to `2.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, input_dim)`.

    Output shape:
        `(batch, units)`.

    Example:
    >>> gate = mt.features.GateNU(units=3)
    >>> gate(np.zeros((2, 5))).numpy().tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]

    Reference:
    - [Chang et al., 2023](https://arxiv.org/abs/2302.01115), section 3.2.1.
    """

    def __init__(
        self,
        units: int,
        gate_units: Sequence[int] = (64,),
        gamma: float = 2.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(units=units)
        check_widths(gate_units=gate_units)
        check_positive(gamma=gamma)
        self.units = units
        self.gate_units = tuple(map(int, gate_units))
        self.gamma = gamma
        self.hidden = [
            keras.layers.Dense(
                width,
                activation="relu",
                dtype=self.dtype_policy,
                name=f"hidden_{depth}",
            )
            for depth, width in enumerate(self.gate_units, start=1)
        ]
        self.output_layer = keras.layers.Dense(
            units, activation="sigmoid", dtype=self.dtype_policy, name="output"
        )

    def build(self, input_shape: Shape) -> None:
        for layer in (*self.hidden, self.output_layer):
            layer.build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        hidden = inputs
        for layer in self.hidden:
            hidden = layer(hidden)
        return self.gamma * self.output_layer(hidden)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "units": self.units,
            "gate_units": list(self.gate_units),
            "gamma": self.gamma,
        }
