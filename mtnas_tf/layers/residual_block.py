"""A residual block."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.layers.sub_network_bank import SubNetworkBank
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class ResidualBlock(keras.layers.Layer):
    """Computes `relu(x + dropout(relu(norm(x W + b))) V + c)`.

    Args:
        units: int > 0. Width of the hidden layer.
        normalization: `None`, `"batch"` or `"layer"`, of the hidden layer.
            Defaults to `None`.
        dropout_rate: float in [0, 1), after the hidden layer. Defaults to
            `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(..., batch, 1, input_dim)`.
        training: bool. Defaults to `False`.

    Output shape:
        The shape of `inputs`.

    Example:
    >>> ResidualBlock(units=5)(np.ones((2, 1, 3))).shape
    TensorShape([2, 1, 3])

    Reference:
    - [He et al., 2016](https://arxiv.org/abs/1512.03385), equation 1.
    """

    def __init__(
        self,
        units: int,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hidden = SubNetworkBank(
            1,
            units,
            normalization=normalization,
            dropout_rate=dropout_rate,
            dtype=self.dtype_policy,
            name="hidden",
        )
        self.output_layer: Any = None

    def build(self, input_shape: Shape) -> None:
        self.hidden.build(input_shape)
        self.output_layer = keras.layers.Dense(
            input_shape[-1], dtype=self.dtype_policy, name="output_layer"
        )
        self.output_layer.build(self.hidden.compute_output_shape(input_shape))

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        hidden = self.hidden(inputs, training=training)
        return ops.relu(inputs + self.output_layer(hidden))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "units": self.hidden.units,
            "normalization": self.hidden.normalization,
            "dropout_rate": self.hidden.dropout_rate,
        }
