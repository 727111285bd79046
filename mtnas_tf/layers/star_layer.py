"""A layer whose weights are shared ones times a domain's own."""

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


@keras.saving.register_keras_serializable(package="mtnas_tf")
class StarLayer(keras.layers.Layer):
    """Computes, for a row of domain p, `relu(x (W * W_p) + b + b_p)`.

    `*` multiplies element by element. The own weights begin at 1, the own
    biases at 0: all domains begin as one. A row is computed for every domain,
    and its own is taken, so that a batch may hold rows of several.

    Args:
        units: int > 0. Width of the output.
        normalization: `None`, `"batch"` or `"layer"`, before the ReLU, the same
            for all domains. Defaults to `None`.
        dropout_rate: float in [0, 1). Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, input_dim)`.
        domain: `(batch, num_domains)`, 1 for a row's domain, 0 for the others.
        training: bool. Defaults to `False`.

    Output shape:
        `(batch, units)`.

    Example:
    >>> layer = mt.layers.StarLayer(units=5)
    >>> layer(np.ones((2, 3)), np.eye(2, dtype="float32")).shape
    TensorShape([2, 5])

    Reference:
    - [Sheng et al., 2021](https://arxiv.org/abs/2101.11427), section 4.3.
    """

    def __init__(
        self,
        units: int,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(units=units)
        check_choices((None, *KINDS), normalization=normalization)
        check_fractions(dropout_rate=dropout_rate)
        self.units = units
        self.normalization = normalization
        self.dropout_rate = dropout_rate
        self.norm: BankNormalization | None = None
        if normalization is not None:
            self.norm = BankNormalization(
                normalization, dtype=self.dtype_policy, name="norm"
            )
        self.dropout = keras.layers.Dropout(
            dropout_rate, dtype=self.dtype_policy, name="dropout"
        )

    def build(self, inputs_shape: Shape, domain_shape: Shape) -> None:
        num_domains, units = domain_shape[-1], self.units
        shape = (inputs_shape[-1], units)
        # A row costs the kernel of all domains, which has a cell for each of
        # the products; the shared network is the paper's center.
        self.center = self.add_weight(shape=shape, name="center")
        self.kernel = self.add_weight(
            shape=(num_domains, *shape), initializer="ones", name="kernel"
        )
        self.bias = self.add_weight(
            shape=(units,), initializer="zeros", name="bias"
        )
        self.own_bias = self.add_weight(
            shape=(num_domains, units), initializer="zeros", name="own_bias"
        )
        if self.norm is not None:
            self.norm.build((None, 1, units))
        self.dropout.build((None, units))

    def call(
        self, inputs: Tensor, domain: Tensor, training: bool = False
    ) -> Tensor:
        kernels = self.center * self.kernel  # (num_domains, input_dim, units)
        each = ops.einsum("bd,pdu->bpu", inputs, kernels)
        x = ops.sum(domain[:, :, None] * each, axis=1)
        x = x + self.bias + ops.matmul(domain, self.own_bias)
        if self.norm is not None:
            x = self.norm(x[:, None], training=training)[:, 0]
        return self.dropout(ops.relu(x), training=training)

    def compute_output_shape(
        self, inputs_shape: Shape, domain_shape: Shape
    ) -> Shape:
        return (inputs_shape[0], self.units)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "units": self.units,
            "normalization": self.normalization,
            "dropout_rate": self.dropout_rate,
        }
