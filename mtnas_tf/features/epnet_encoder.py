"""An encoder whose embeddings the domain scales."""

from collections.abc import Sequence
from typing import Any
from typing import Self

import keras

from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features.epnet import EPNet
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
class EPNetEncoder(keras.layers.Layer):
    """Features of a row, each scaled by its worth in the domain of the row.

    See `EPNet`. What it returns is a root feature as any other: it goes in
    front of every sharing body.

    Args:
        encoder: Keras layer, the encoder of the features.
        epnet: `EPNet`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: those of the encoder.

    Output shape:
        `(batch, root_units)`.

    Example:
    >>> encoder = mt.features.EPNetEncoder(
    ...     mt.features.FeatureEncoder(2, 0, num_buckets=5, embedding_dim=3),
    ...     mt.features.EPNet(domain_columns=(3, 6)),
    ... )
    >>> encoder({"ids": np.array([[0, 4], [1, 1]])}).shape
    TensorShape([2, 6])

    Reference:
    - [Chang et al., 2023](https://arxiv.org/abs/2302.01115), section 3.2.2.
    """

    def __init__(
        self, encoder: keras.layers.Layer, epnet: EPNet, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_instances(keras.layers.Layer, encoder=encoder)
        check_instances(EPNet, epnet=epnet)
        self.encoder = encoder
        self.epnet = epnet

    @classmethod
    def from_schema(
        cls,
        schema: DatasetSchema,
        embedding_dim: EmbeddingDim = 10,
        table_initializer: Initializer = None,
        gate_units: Sequence[int] = (64,),
        **kwargs: Any,
    ) -> "EPNetEncoder":
        """A `FeatureEncoder`, gated by the schema's field `domain`.

        Args:
            schema: `DatasetSchema`, with a `domain`.
            embedding_dim: see `FeatureEncoder.from_schema`. Defaults to `10`.
            table_initializer: initializer of the table. Defaults to a normal
                distribution of standard deviation `1e-4`.
            gate_units: see `GateNU`. Defaults to `(64,)`.
            **kwargs: Passed to `keras.layers.Layer`.

        Raises:
            ValueError: if the schema has no domain.
        """
        check_instances(DatasetSchema, schema=schema)
        if schema.domain is None:
            raise ValueError(
                "`schema` must tell the field of the `domain`. "
                f"Received: domain=None in the schema {schema.name!r}"
            )
        dtype = kwargs.get("dtype")
        encoder = FeatureEncoder.from_schema(
            schema, embedding_dim, table_initializer, dtype=dtype, name="fields"
        )
        (columns,) = encoder.columns_of(schema, [schema.domain])
        return cls(
            encoder,
            EPNet(columns, gate_units, dtype=dtype, name="epnet"),
            **kwargs,
        )

    def build(self, input_shape: dict[str, Shape]) -> None:
        if not self.encoder.built:
            self.encoder.build(input_shape)
        if not self.epnet.built:
            self.epnet.build(self.encoder.compute_output_shape(input_shape))

    def call(self, inputs: Inputs) -> Tensor:
        return self.epnet(self.encoder(inputs))

    def compute_output_shape(self, input_shape: dict[str, Shape]) -> Shape:
        return self.encoder.compute_output_shape(input_shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "encoder": serialized_layer(self.encoder),
            "epnet": serialized_layer(self.epnet),
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**restored_layers(config, "encoder", "epnet"))
