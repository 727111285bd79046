"""Attention between what a task learned and what an earlier one passes on."""

import math
from typing import Any

import keras
from keras import ops

from mtnas_tf.layers.gate_records import record_weights
from mtnas_tf.layers.masked_softmax import masked_softmax
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class InformationTransfer(keras.layers.Layer):
    """Chooses, row by row, how much of an earlier task to read.

        p = relu(earlier W + b)
        w_u = softmax_u(<h2(u), h3(u)> / sqrt(units)),   u in {p, own}
        z = sum_u w_u h1(u)

    with linear maps `h1` (values), `h2` (keys) and `h3` (queries) of the width
    of `own`, without biases.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        own: `(batch, units)`. What the task's own tower computed.
        earlier: `(batch, units)`. The same of the earlier task.

    Output shape:
        `(batch, units)`.

    Example:
    >>> layer = mt.layers.InformationTransfer()
    >>> layer(np.ones((2, 3)), np.zeros((2, 3))).shape
    TensorShape([2, 3])

    Reference:
    - [Xi et al., 2021](https://arxiv.org/abs/2105.08489), equations 5 to 9.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.transfer_kernel: keras.Variable | None = None
        self.transfer_bias: keras.Variable | None = None
        self.value_kernel: keras.Variable | None = None
        self.key_kernel: keras.Variable | None = None
        self.query_kernel: keras.Variable | None = None

    def build(self, own_shape: Shape, earlier_shape: Shape) -> None:
        units = own_shape[-1]
        if earlier_shape[-1] != units:
            raise ValueError(
                "`own` and `earlier` must have the same width. "
                f"Received: own.shape={own_shape}, "
                f"earlier.shape={earlier_shape}"
            )
        self.transfer_bias = self.add_weight(
            shape=(units,), initializer="zeros", name="transfer_bias"
        )
        for name in ("transfer", "value", "key", "query"):
            kernel = self.add_weight(
                shape=(units, units), name=f"{name}_kernel"
            )
            setattr(self, f"{name}_kernel", kernel)

    def call(self, own: Tensor, earlier: Tensor) -> Tensor:
        passed_on = ops.matmul(earlier, self.transfer_kernel)
        passed_on = ops.relu(passed_on + self.transfer_bias)
        both = ops.stack([passed_on, own], axis=1)  # (batch, 2, units)
        keys = ops.cast(ops.matmul(both, self.key_kernel), "float32")
        queries = ops.cast(ops.matmul(both, self.query_kernel), "float32")
        scores = ops.sum(keys * queries, axis=-1) / math.sqrt(own.shape[-1])
        weights = ops.cast(masked_softmax(scores), self.compute_dtype)
        record_weights(self, weights)
        values = ops.matmul(both, self.value_kernel)
        return ops.sum(weights[..., None] * values, axis=1)

    def compute_output_shape(
        self, own_shape: Shape, earlier_shape: Shape
    ) -> Shape:
        return own_shape
