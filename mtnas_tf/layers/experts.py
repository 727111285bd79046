"""Several networks of one shape, side by side."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_widths
from mtnas_tf.layers.sub_network_bank import SubNetworkBank
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class Experts(keras.layers.Layer):
    """Experts of any depth, each hidden layer of all of them at once.

    Every hidden layer is a `SubNetworkBank`: `dropout(relu(norm(x W + b)))`, or
    the same with another activation.

    Args:
        num_experts: int > 0. Defaults to `1`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        normalization: `None`, `"batch"` or `"layer"`, before every activation.
            Defaults to `None`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        activation: `"relu"` or `"swish"`, of every hidden layer. Defaults to
            `"relu"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, input_dim)`, read by every expert, or `(..., batch,
            num_experts, input_dim)`, each read by one; with 1 in place of
            `num_experts` it is read by all.
        training: bool. Defaults to `False`.

    Output shape:
        `(..., batch, num_experts, hidden_units[-1])`.

    Example:
    >>> Experts(num_experts=4, hidden_units=(8, 5))(np.ones((2, 3))).shape
    TensorShape([2, 4, 5])
    """

    def __init__(
        self,
        num_experts: int = 1,
        hidden_units: Sequence[int] = (64,),
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        activation: str = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_experts=num_experts)
        check_widths(1, hidden_units=hidden_units)
        self.num_experts = int(num_experts)
        self.hidden_units = tuple(map(int, hidden_units))
        self.normalization = normalization
        self.dropout_rate = dropout_rate
        self.activation = activation
        self.banks = [
            SubNetworkBank(
                self.num_experts,
                units,
                normalization=normalization,
                dropout_rate=dropout_rate,
                activation=activation,
                dtype=self.dtype_policy,
                name=f"hidden_{depth}",
            )
            for depth, units in enumerate(self.hidden_units, start=1)
        ]

    @property
    def units(self) -> int:
        """Width of the output."""
        return self.hidden_units[-1]

    def build(self, input_shape: Shape) -> None:
        for bank in self.banks:
            bank.build(input_shape)
            input_shape = bank.compute_output_shape(input_shape)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        outputs = inputs
        for bank in self.banks:
            outputs = bank(outputs, training=training)
        return outputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.banks[-1].compute_output_shape(input_shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_experts": self.num_experts,
            "hidden_units": list(self.hidden_units),
            "normalization": self.normalization,
            "dropout_rate": self.dropout_rate,
            "activation": self.activation,
        }
