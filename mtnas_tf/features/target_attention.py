"""DIN's attention: a target asks a sequence."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_widths
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

NORMALIZATIONS = (None, "softmax")
NO_WEIGHT = -1e9  # a score whose softmax is 0, unless all are it


@keras.saving.register_keras_serializable(package="mtnas_tf")
class TargetAttention(keras.layers.Layer):
    """Adds up the embeddings of a sequence, weighed by what a target asks.

        v(q) = sum_j a(k_j, q) k_j                                        (3)
        a(k, q) = w . PReLU(W [k, k (x) q, q] + b) + c

    `(x)` is the outer product, flattened. Weights are not normalized, as in the
    paper: their sum tells how strong the interest is. `PReLU` has a learned
    slope for each unit.

    Differs from the authors' code, which takes `k - q` and the product element
    by element in place of the outer one, sigmoids in place of PReLU, and the
    softmax.

    Args:
        hidden_units: sequence of int > 0, at least one. Widths of the layers of
            `a`; the paper's is one. Defaults to `(36,)`.
        normalization: `None`, or `"softmax"` for weights `softmax(a /
            sqrt(units))`, as in the authors' code. Defaults to `None`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        query: `(batch, query_units)`. The target's embedding.
        keys: `(batch, length, units)`. The sequence's embeddings.
        is_value: bool `(batch, length)`. False for padding, which weighs
            nothing: a row of padding alone gives zeros.

    Output shape:
        `(batch, units)`.

    Example:
    >>> attention = mt.features.TargetAttention()
    >>> is_value = np.array([[True, True, False], [False, False, False]])
    >>> attention(np.ones((2, 4)), np.ones((2, 3, 5)), is_value).shape
    TensorShape([2, 5])

    Reference:
    - [Zhou et al., 2018](https://arxiv.org/abs/1706.06978), section 4.3 and
      figure 2; [code](https://github.com/zhougr1993/DeepInterestNetwork).
    """

    def __init__(
        self,
        hidden_units: Sequence[int] = (36,),
        normalization: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_widths(1, hidden_units=hidden_units)
        check_choices(NORMALIZATIONS, normalization=normalization)
        self.hidden_units = tuple(hidden_units)
        self.normalization = normalization
        dtype = self.dtype_policy
        self.slopes = [
            keras.layers.PReLU(shared_axes=[1], dtype=dtype, name=f"prelu_{i}")
            for i in range(len(self.hidden_units))
        ]
        self.hidden = [
            keras.layers.Dense(units, dtype=dtype, name=f"dense_{i}")
            for i, units in enumerate(self.hidden_units[1:], start=1)
        ]
        self.score = keras.layers.Dense(
            1,
            use_bias=normalization is None,  # a softmax would cancel it
            dtype=dtype,
            name="score",
        )

    def build(
        self, query_shape: Shape, keys_shape: Shape, is_value_shape: Shape
    ) -> None:
        query_units, key_units = query_shape[-1], keys_shape[-1]
        units = self.hidden_units[0]
        # The rows of W, a part for each part of what it reads.
        self.query_kernel = self.add_weight(
            shape=(query_units, units), name="query_kernel"
        )
        self.key_kernel = self.add_weight(
            shape=(key_units, units), name="key_kernel"
        )
        self.product_kernel = self.add_weight(
            shape=(query_units * key_units, units), name="product_kernel"
        )
        self.hidden_bias = self.add_weight(
            shape=(units,), initializer="zeros", name="hidden_bias"
        )
        shape = (None, keys_shape[1], units)
        self.slopes[0].build(shape)
        for slope, dense in zip(self.slopes[1:], self.hidden, strict=True):
            dense.build(shape)
            shape = (*shape[:2], dense.units)
            slope.build(shape)
        self.score.build(shape)

    def call(self, query: Tensor, keys: Tensor, is_value: Tensor) -> Tensor:
        hidden = self.slopes[0](self._first_layer(query, keys))
        for slope, dense in zip(self.slopes[1:], self.hidden, strict=True):
            hidden = slope(dense(hidden))
        scores = self.score(hidden)[..., 0]  # (batch, length)
        if self.normalization == "softmax":
            scores = ops.cast(scores, "float32") / keys.shape[-1] ** 0.5
            scores = ops.softmax(ops.where(is_value, scores, NO_WEIGHT))
        weights = ops.where(is_value, scores, 0.0)
        weights = ops.cast(weights, self.compute_dtype)
        return ops.einsum("bl,blk->bk", weights, keys)

    def _first_layer(self, query: Tensor, keys: Tensor) -> Tensor:
        """`W [k, k (x) q, q] + b`, without the product for every key."""
        kernel = ops.reshape(
            self.product_kernel, (query.shape[-1], keys.shape[-1], -1)
        )
        # The target's part of the product is the same for all keys.
        of_keys = ops.einsum("bq,qku->bku", query, kernel) + self.key_kernel
        of_target = ops.matmul(query, self.query_kernel) + self.hidden_bias
        return ops.matmul(keys, of_keys) + of_target[:, None]

    def compute_output_shape(
        self, query_shape: Shape, keys_shape: Shape, is_value_shape: Shape
    ) -> Shape:
        return (keys_shape[0], keys_shape[-1])

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "hidden_units": list(self.hidden_units),
            "normalization": self.normalization,
        }
