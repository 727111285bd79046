"""A gate on the experts of one owner alone."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.layers.gate_records import record_weights
from mtnas_tf.layers.masked_softmax import masked_softmax
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SelfGate(keras.layers.Layer):
    """Weighs an owner's experts, beside a gate over those of all.

    Computes `sum_i softmax(query W)_i * values_i`, without a bias, and
    `sigmoid(query W) * values_1` of a single expert: unlike `Gate`, it can turn
    that one down.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        query: `(batch, query_dim)`.
        values: `(batch, num_values, units)`.

    Output shape:
        `(batch, units)`.

    Example:
    >>> SelfGate()(np.zeros((1, 3)), np.ones((1, 1, 2))).numpy().tolist()
    [[0.5, 0.5]]

    Reference:
    - [Wang et al., 2024](https://arxiv.org/abs/2408.05430), the self gate.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel: Any = None

    def build(self, query_shape: Shape, values_shape: Shape) -> None:
        self.kernel = self.add_weight(
            shape=(query_shape[-1], values_shape[-2]), name="kernel"
        )

    def call(self, query: Tensor, values: Tensor) -> Tensor:
        scores = ops.matmul(query, self.kernel)  # (batch, num_values)
        if self.kernel.shape[-1] == 1:
            weights = ops.sigmoid(scores)
        else:
            weights = ops.cast(masked_softmax(scores), self.compute_dtype)
        record_weights(self, weights)
        return ops.sum(weights[..., None] * values, axis=-2)

    def compute_output_shape(
        self, query_shape: Shape, values_shape: Shape
    ) -> Shape:
        return (values_shape[0], values_shape[-1])
