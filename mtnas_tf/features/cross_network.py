"""The cross network of DCN-v2: products of features, layer by layer."""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class CrossNetwork(keras.layers.Layer):
    """Multiplies features with one another, of one degree more in every layer.

        x_{l+1} = x_0 * (W_l x_l + b_l) + x_l                             (1)

    With `projection_dim`, `W_l` is a product of two narrow matrices, or with
    `num_experts` a mixture of several such products:

        x_{l+1} = x_0 * (U_l V_l^T x_l + b_l) + x_l                       (2)
        x_{l+1} = sum_i G_i(x_l) E_i(x_l) + x_l                           (3)
        E_i(x_l) = x_0 * (U_li V_li^T x_l + b_l)

    With `activation`, what is projected is mixed by a matrix of its own:

        E_i(x_l) = x_0 * (U_li g(C_li g(V_li^T x_l)) + b_l)               (4)

    `*` multiplies element by element. `G` is a softmax over the experts, of
    scores linear in `x_l` (the paper also names the sigmoid). It is one for all
    layers, for the paper gives it no index.

    Args:
        num_cross_layers: int > 0. Defaults to `2`.
        projection_dim: int > 0, or `None`. Rank of a product; a quarter of the
            features did as well as whole matrices in the paper. Defaults to
            `None`, whole matrices.
        num_experts: int > 0. Products in a mixture. Defaults to `1`, no
            mixture.
        activation: `g`, what `keras.activations.get` takes, such as `"tanh"`.
            Defaults to `None`, neither `g` nor `C`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, units)`.

    Output shape:
        `(batch, units)`.

    Example:
    >>> mt.features.CrossNetwork(num_cross_layers=3)(np.ones((2, 5))).shape
    TensorShape([2, 5])

    Reference:
    - [Wang et al., 2021](https://arxiv.org/abs/2008.13535), equations 1 to 4.
    """

    def __init__(
        self,
        num_cross_layers: int = 2,
        projection_dim: int | None = None,
        num_experts: int = 1,
        activation: str | Callable[[Tensor], Tensor] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_cross_layers=num_cross_layers, num_experts=num_experts)
        if projection_dim is not None:
            check_ints(projection_dim=projection_dim)
        elif num_experts > 1 or activation is not None:
            raise ValueError(
                "`projection_dim` must be an int where there are experts or an "
                f"activation. Received: projection_dim=None, "
                f"num_experts={num_experts}, activation={activation!r}"
            )
        self.num_cross_layers = num_cross_layers
        self.projection_dim = projection_dim
        self.num_experts = num_experts
        self.activation = (
            keras.activations.get(activation) if activation else None
        )
        self.kernels: list[list[keras.Variable]] = []
        self.biases: list[keras.Variable] = []
        self.gate_kernel: keras.Variable | None = None

    def build(self, input_shape: Shape) -> None:
        units = input_shape[-1]
        rank = (self.projection_dim or units) * self.num_experts
        shapes = {"kernel": (units, units)}
        if self.projection_dim is not None:
            shapes = {"projection": (units, rank)}
            if self.activation is not None:
                shapes["mixing"] = (self.projection_dim, rank)
            shapes["expansion"] = (rank, units)
        for layer in range(self.num_cross_layers):
            self.kernels.append(
                [
                    self.add_weight(shape=shape, name=f"{name}_{layer}")
                    for name, shape in shapes.items()
                ]
            )
            self.biases.append(
                self.add_weight(
                    shape=(units,), initializer="zeros", name=f"bias_{layer}"
                )
            )
        if self.num_experts > 1:
            self.gate_kernel = self.add_weight(
                shape=(units, self.num_experts), name="gate_kernel"
            )

    def call(self, inputs: Tensor) -> Tensor:
        crossed = inputs
        for kernels, bias in zip(self.kernels, self.biases, strict=True):
            factor = self._product(kernels, crossed) + bias
            crossed = inputs * factor + crossed
        return crossed

    def _product(self, kernels: list[keras.Variable], inputs: Tensor) -> Tensor:
        """`W_l x_l`, or what stands in its place."""
        hidden = ops.matmul(inputs, kernels[0])
        if self.projection_dim is None:
            return hidden
        sizes = (self.num_experts, self.projection_dim)
        hidden = ops.reshape(hidden, (-1, *sizes))
        if self.activation is not None:
            mixing = ops.reshape(kernels[1], (self.projection_dim, *sizes))
            hidden = ops.einsum("ber,res->bes", self.activation(hidden), mixing)
            hidden = self.activation(hidden)
        if self.gate_kernel is not None:
            gates = ops.softmax(ops.matmul(inputs, self.gate_kernel))
            # The sum over experts is that of the product below; gates sum to
            # 1, so that the bias stays as it is.
            hidden = gates[..., None] * hidden
        hidden = ops.reshape(hidden, (-1, math.prod(sizes)))
        return ops.matmul(hidden, kernels[-1])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_cross_layers": self.num_cross_layers,
            "projection_dim": self.projection_dim,
            "num_experts": self.num_experts,
            "activation": self.activation
            and keras.activations.serialize(self.activation),
        }
