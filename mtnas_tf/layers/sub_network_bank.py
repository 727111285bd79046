"""The sub-networks of one layer, computed together."""

import math
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_ints
from mtnas_tf.layers.bank_normalization import KINDS
from mtnas_tf.layers.bank_normalization import BankNormalization
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

ACTIVATIONS = {"relu": ops.relu, "swish": ops.silu}


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SubNetworkBank(keras.layers.Layer):
    """Parallel one-layer sub-networks of equal width.

    Computes, for every sub-network k, `dropout(relu(norm(x_k W_k + b_k)))`, or
    the same with another activation.

    Args:
        num_subnetworks: int > 0. Sub-networks of the layer.
        units: int > 0. Width of each.
        normalization: `None`, `"batch"` or `"layer"`, before the activation.
            Defaults to `None`.
        dropout_rate: float in [0, 1). Defaults to `0.0`.
        activation: `"relu"` or `"swish"`: `x * sigmoid(x)`. Defaults to
            `"relu"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, input_dim)`, read by every sub-network, or
            `(..., batch, num_inputs, input_dim)`, each read by as many
            neighbours: by one if `num_inputs` is `num_subnetworks`.
        training: bool. Defaults to `False`.
        use_batch_statistics: bool. See `BankNormalization`. Defaults to
            `False`.
        is_linear: bool `(num_subnetworks,)`. Sub-networks without activation.
            Defaults to `None`, none.

    Output shape:
        `(..., batch, num_subnetworks, units)`.

    Example:
    >>> SubNetworkBank(num_subnetworks=4, units=5)(np.ones((2, 3))).shape
    TensorShape([2, 4, 5])

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 3.1.
    """

    def __init__(
        self,
        num_subnetworks: int,
        units: int,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        activation: str = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_subnetworks=num_subnetworks, units=units)
        check_choices((None, *KINDS), normalization=normalization)
        check_fractions(dropout_rate=dropout_rate)
        check_choices(ACTIVATIONS, activation=activation)
        self.num_subnetworks = num_subnetworks
        self.units = units
        self.normalization = normalization
        self.dropout_rate = dropout_rate
        self.activation = activation
        self.norm = None
        if normalization is not None:
            self.norm = BankNormalization(
                normalization, dtype=self.dtype_policy, name="norm"
            )
        self.dropout = keras.layers.Dropout(
            dropout_rate, dtype=self.dtype_policy, name="dropout"
        )

    def build(self, input_shape: Shape) -> None:
        self._add_kernel(input_shape[-1])
        self.bias = self.add_weight(
            shape=(self.num_subnetworks, self.units),
            initializer="zeros",
            name="bias",
        )
        if self.norm is not None:
            self.norm.build((None, self.num_subnetworks, self.units))
        self.dropout.build((None, self.num_subnetworks, self.units))

    def _add_kernel(self, input_dim: int) -> None:
        # Glorot uniform of a single sub-network.
        limit = math.sqrt(6 / (input_dim + self.units))
        self.kernel = self.add_weight(
            shape=(self.num_subnetworks, input_dim, self.units),
            initializer=keras.initializers.RandomUniform(-limit, limit),
            name="kernel",
        )

    def call(
        self,
        inputs: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
        is_linear: Tensor = None,
    ) -> Tensor:
        x = self._product(inputs) + self.bias
        if self.norm is not None:
            x = self.norm(
                x, training=training, use_batch_statistics=use_batch_statistics
            )
        outputs = ACTIVATIONS[self.activation](x)
        if is_linear is not None:
            outputs = ops.where(ops.cast(is_linear, bool)[:, None], x, outputs)
        return self.dropout(outputs, training=training)

    def _product(self, inputs: Tensor) -> Tensor:
        """Inputs times kernels: `(..., batch, num_subnetworks, units)`."""
        if len(inputs.shape) == 2:
            return ops.einsum("bd,kdu->bku", inputs, self.kernel)
        num_inputs, input_dim = inputs.shape[-2:]
        # Letters for the leading axes: "..." is more than ONNX's converter
        # takes.
        lead = "wxyz"[: len(inputs.shape) - 2]
        if num_inputs == 1:
            # TensorFlow's kernel writes past its output where "..." and an
            # axis of size 1 that both operands have meet: it is left out.
            rows = inputs[..., 0, :]
            return ops.einsum(f"{lead}d,kdu->{lead}ku", rows, self.kernel)
        if num_inputs == self.num_subnetworks:
            return ops.einsum(f"{lead}kd,kdu->{lead}ku", inputs, self.kernel)
        kernel = ops.reshape(
            self.kernel, (num_inputs, -1, input_dim, self.units)
        )
        x = ops.einsum(f"{lead}gd,gkdu->{lead}gku", inputs, kernel)
        shape = (*ops.shape(inputs)[:-2], self.num_subnetworks, self.units)
        return ops.reshape(x, shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) == 2:
            return (input_shape[0], self.num_subnetworks, self.units)
        return (*input_shape[:-2], self.num_subnetworks, self.units)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_subnetworks": self.num_subnetworks,
            "units": self.units,
            "normalization": self.normalization,
            "dropout_rate": self.dropout_rate,
            "activation": self.activation,
        }
