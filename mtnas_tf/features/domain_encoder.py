"""An encoder that also tells the domain of each row."""

from typing import Any
from typing import Self

import keras
from keras import ops

from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features.feature_encoder import FeatureEncoder
from mtnas_tf.features.restored_layers import restored_layers
from mtnas_tf.features.serialized_layer import serialized_layer
from mtnas_tf.types import Config
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer
from mtnas_tf.types import Inputs
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors


@keras.saving.register_keras_serializable(package="mtnas_tf")
class DomainEncoder(keras.layers.Layer):
    """Features of a row, and which domain it belongs to.

    A row whose id is none of the domains' belongs to the last one, that of all
    others.

    Args:
        encoder: Keras layer, the encoder of the features.
        num_domains: int > 0. Domains, that of all others included.
        column: int >= 0. The column of `ids` that tells the domain. Defaults
            to `0`.
        first_id: int >= 0. The id of the first domain; the others follow.
            Defaults to `0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: those of the encoder, with `ids`.

    Returns:
        dict of two: `root`, the features `(batch, root_units)`, and `domain`,
        `(batch, num_domains)`, 1 for the row's domain and 0 for the others.

    Example:
    >>> encoder = mt.features.DomainEncoder(
    ...     mt.features.FeatureEncoder(2, 0, num_buckets=9),
    ...     num_domains=3,
    ...     column=1,
    ... )
    >>> encoder({"ids": np.array([[7, 1], [4, 8]])})["domain"].numpy().tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        num_domains: int,
        column: int = 0,
        first_id: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_instances(keras.layers.Layer, encoder=encoder)
        check_ints(num_domains=num_domains)
        check_ints(0, column=column, first_id=first_id)
        self.encoder = encoder
        self.num_domains = num_domains
        self.column = column
        self.first_id = first_id

    @classmethod
    def from_schema(
        cls,
        schema: DatasetSchema,
        embedding_dim: EmbeddingDim = 10,
        table_initializer: Initializer = None,
        **kwargs: Any,
    ) -> "DomainEncoder":
        """A `FeatureEncoder`, and the domains that the schema lists.

        Args:
            schema: `DatasetSchema`, with `domains`.
            embedding_dim: see `FeatureEncoder.from_schema`. Defaults to `10`.
            table_initializer: initializer of the table. Defaults to a normal
                distribution of standard deviation `1e-4`.
            **kwargs: Passed to `keras.layers.Layer`.

        Raises:
            ValueError: if the schema lists no domains.
        """
        check_instances(DatasetSchema, schema=schema)
        domains = schema.domains
        encoder = FeatureEncoder.from_schema(
            schema,
            embedding_dim,
            table_initializer,
            dtype=kwargs.get("dtype"),
            name="fields",
        )
        return cls(
            encoder, len(domains), domains.column, domains.first_id, **kwargs
        )

    def build(self, input_shape: dict[str, Shape]) -> None:
        if not self.encoder.built:
            self.encoder.build(input_shape)

    def call(self, inputs: Inputs) -> TaskTensors:
        ids = ops.cast(inputs["ids"][:, self.column], "int32")
        index = ids - self.first_id
        last = self.num_domains - 1
        index = ops.where((index >= 0) & (index < last), index, last)
        domain = ops.one_hot(index, self.num_domains, dtype=self.compute_dtype)
        return {"root": self.encoder(inputs), "domain": domain}

    def compute_output_shape(
        self, input_shape: dict[str, Shape]
    ) -> dict[str, Shape]:
        shape = self.encoder.compute_output_shape(input_shape)
        return {"root": shape, "domain": (shape[0], self.num_domains)}

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "encoder": serialized_layer(self.encoder),
            "num_domains": self.num_domains,
            "column": self.column,
            "first_id": self.first_id,
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**restored_layers(config, "encoder"))
