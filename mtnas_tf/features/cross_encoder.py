"""An encoder with a cross network on top of it."""

from collections.abc import Callable
from typing import Any
from typing import Self

import keras

from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features.cross_network import CrossNetwork
from mtnas_tf.features.feature_encoder import FeatureEncoder
from mtnas_tf.features.restored_layers import restored_layers
from mtnas_tf.features.serialized_layer import serialized_layer
from mtnas_tf.types import Config
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer
from mtnas_tf.types import Inputs
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class CrossEncoder(keras.layers.Layer):
    """Crosses the features that another encoder gives: `cross(encoder(x))`.

    The sharing body reads what comes out, as in the stacked form of DCN-v2.

    Args:
        encoder: layer with one root feature, such as `FeatureEncoder`.
        cross: `CrossNetwork`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: those of `encoder`.

    Output shape:
        `(batch, root_units)`, that of `encoder`.

    Example:
    >>> encoder = mt.features.CrossEncoder(
    ...     mt.features.FeatureEncoder(2, 0, num_buckets=5),
    ...     mt.features.CrossNetwork(num_cross_layers=2),
    ... )
    >>> encoder({"ids": np.array([[0, 4], [1, 1], [2, 3]])}).shape
    TensorShape([3, 20])

    Reference:
    - [Wang et al., 2021](https://arxiv.org/abs/2008.13535), section
      3.4.
    """

    def __init__(
        self, encoder: keras.layers.Layer, cross: CrossNetwork, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_instances(keras.layers.Layer, encoder=encoder)
        check_instances(CrossNetwork, cross=cross)
        self.encoder = encoder
        self.cross = cross

    @classmethod
    def from_schema(
        cls,
        schema: DatasetSchema,
        embedding_dim: EmbeddingDim = 10,
        table_initializer: Initializer = None,
        num_cross_layers: int = 2,
        projection_dim: int | None = None,
        num_experts: int = 1,
        activation: str | Callable[[Tensor], Tensor] | None = None,
        **kwargs: Any,
    ) -> "CrossEncoder":
        """A cross network on the embeddings and floats of a schema's fields.

        Args:
            schema: `DatasetSchema`.
            embedding_dim: see `FeatureEncoder.from_schema`. Defaults to `10`.
            table_initializer: see `FeatureEncoder`. Defaults to `None`.
            num_cross_layers: see `CrossNetwork`. Defaults to `2`.
            projection_dim: see `CrossNetwork`. Defaults to `None`.
            num_experts: see `CrossNetwork`. Defaults to `1`.
            activation: see `CrossNetwork`. Defaults to `None`.
            **kwargs: Passed to `keras.layers.Layer`.
        """
        dtype = kwargs.get("dtype")
        return cls(
            FeatureEncoder.from_schema(
                schema,
                embedding_dim,
                table_initializer,
                dtype=dtype,
                name="features",
            ),
            CrossNetwork(
                num_cross_layers,
                projection_dim,
                num_experts,
                activation,
                dtype=dtype,
                name="cross",
            ),
            **kwargs,
        )

    def build(self, input_shape: dict[str, Shape]) -> None:
        if not self.encoder.built:
            self.encoder.build(input_shape)
        if not self.cross.built:
            self.cross.build(self.encoder.compute_output_shape(input_shape))

    def call(self, inputs: Inputs) -> Tensor:
        return self.cross(self.encoder(inputs))

    def compute_output_shape(self, input_shape: dict[str, Shape]) -> Shape:
        shape: Shape = self.encoder.compute_output_shape(input_shape)
        return shape

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "encoder": serialized_layer(self.encoder),
            "cross": serialized_layer(self.cross),
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**restored_layers(config, "encoder", "cross"))
