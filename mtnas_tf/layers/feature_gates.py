"""Gates on the features that each of several readers gets."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class FeatureGates(keras.layers.Layer):
    """Scales every feature for each reader, by what the features are.

    Reader c gets `x_c * 2 sigmoid(x_c B_c A_c)`, with B_c of `rank` columns.
    A starts at zero, and so every gate at one: at first all readers get the
    features as they are.

    Args:
        num_gates: int > 0. Readers.
        rank: int > 0. Defaults to `8`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, input_dim)`, the same for all readers, or `(batch,
            num_gates, input_dim)`.

    Output shape:
        `(batch, num_gates, input_dim)`.

    Example:
    >>> FeatureGates(num_gates=2, rank=3)(np.ones((1, 4))).numpy().tolist()
    [[[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]]

    Reference:
    - [Wang et al., 2024](https://arxiv.org/abs/2408.05430), the feature gate.
    """

    def __init__(self, num_gates: int, rank: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_ints(num_gates=num_gates, rank=rank)
        self.num_gates = num_gates
        self.rank = rank

    def build(self, input_shape: Shape) -> None:
        input_dim = input_shape[-1]
        limit = (6 / (input_dim + self.rank)) ** 0.5  # Glorot, of one gate
        self.to_rank = self.add_weight(
            shape=(self.num_gates, input_dim, self.rank),
            initializer=keras.initializers.RandomUniform(-limit, limit),
            name="to_rank_kernel",
        )
        self.from_rank = self.add_weight(
            shape=(self.num_gates, self.rank, input_dim),
            initializer="zeros",
            name="from_rank_kernel",
        )

    def call(self, inputs: Tensor) -> Tensor:
        if len(inputs.shape) == 2:
            reduced = ops.einsum("bd,gdr->bgr", inputs, self.to_rank)
            inputs = inputs[:, None]
        else:
            reduced = ops.einsum("bgd,gdr->bgr", inputs, self.to_rank)
        scores = ops.einsum("bgr,grd->bgd", reduced, self.from_rank)
        return inputs * (2 * ops.sigmoid(scores))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.num_gates, input_shape[-1])

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_gates": self.num_gates,
            "rank": self.rank,
        }
