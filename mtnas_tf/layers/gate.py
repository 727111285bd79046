"""The gate of one chosen route."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class Gate(keras.layers.Layer):
    """Mixes values with weights computed from a query.

    Computes `sum_i softmax(query W)_i * values_i`, without a bias.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        query: `(batch, query_dim)`.
        values: `(batch, num_values, units)`.

    Output shape:
        `(batch, units)`.

    Example:
    >>> Gate()(np.ones((2, 3)), np.ones((2, 4, 5))).shape
    TensorShape([2, 5])

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), equation 1.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def build(self, query_shape: Shape, values_shape: Shape) -> None:
        self.kernel = self.add_weight(
            shape=(query_shape[-1], values_shape[-2]), name="kernel"
        )

    def call(self, query: Tensor, values: Tensor) -> Tensor:
        scores = ops.matmul(query, self.kernel)  # (batch, num_values)
        weights = ops.softmax(scores)
        return ops.sum(weights[..., None] * values, axis=-2)

    def compute_output_shape(
        self, query_shape: Shape, values_shape: Shape
    ) -> Shape:
        return (values_shape[0], values_shape[-1])
