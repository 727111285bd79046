"""A gate: a mixture of values, weighted by a query."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.layers.bank_normalization import BankNormalization
from mtnas_tf.layers.gate_records import record_weights
from mtnas_tf.layers.masked_softmax import masked_softmax
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

GATE_NORMALIZATIONS = (None, "batch")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class Gate(keras.layers.Layer):
    """Mixes values with weights computed from a query.

    Computes `sum_i softmax(norm(query W))_i * values_i`, without a bias. A
    single value is passed on as it is: such a gate has no weights.

    Args:
        normalization: `None` (the paper's gate), or `"batch"`: every value's
            score is normalized over the batch, with a scale and an offset of
            its own. Embeddings start near zero, and so do scores; normalized,
            gates can choose from the first steps on. Defaults to `None`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        query: `(batch, query_dim)`.
        values: `(batch, num_values, units)`.
        training: bool. Defaults to `False`.

    Output shape:
        `(batch, units)`.

    Example:
    >>> Gate()(np.ones((2, 3)), np.ones((2, 4, 5))).shape
    TensorShape([2, 5])

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), equation 1.
    """

    def __init__(self, normalization: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_choices(GATE_NORMALIZATIONS, normalization=normalization)
        self.normalization = normalization
        self.kernel: Any = None
        self.norm: Any = None

    def build(self, query_shape: Shape, values_shape: Shape) -> None:
        num_values = values_shape[-2]
        if num_values == 1:
            return
        self.kernel = self.add_weight(
            shape=(query_shape[-1], num_values), name="kernel"
        )
        if self.normalization is not None:
            self.norm = BankNormalization(
                self.normalization, dtype=self.dtype_policy, name="norm"
            )
            self.norm.build((None, 1, num_values))

    def call(
        self, query: Tensor, values: Tensor, training: bool = False
    ) -> Tensor:
        if self.kernel is None:
            return values[:, 0, :]
        scores = ops.matmul(query, self.kernel)  # (batch, num_values)
        if self.norm is not None:
            scores = self.norm(scores[:, None], training=training)[:, 0]
        weights = ops.cast(masked_softmax(scores), self.compute_dtype)
        record_weights(self, weights)
        return ops.sum(weights[..., None] * values, axis=-2)

    def compute_output_shape(
        self, query_shape: Shape, values_shape: Shape
    ) -> Shape:
        return (values_shape[0], values_shape[-1])

    def get_config(self) -> Config:
        return {**super().get_config(), "normalization": self.normalization}
