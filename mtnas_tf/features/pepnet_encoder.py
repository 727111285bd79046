"""The encoder of PEPNet: gated features, and embeddings of who and what."""

from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
from keras import ops

from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features.column_range import Range
from mtnas_tf.features.column_range import check_ranges
from mtnas_tf.features.epnet import EPNet
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
class PEPNetEncoder(keras.layers.Layer):
    """Features that the domain scales, beside embeddings that it does not.

    The features are those of `EPNetEncoder`. The prior is what the gates of
    `mtnas_tf.layers.PPNet` look at: the embeddings of user, item and author as
    the table has them.

    Args:
        encoder: Keras layer, the encoder of the features.
        prior_columns: sequence of `(start, stop)`, the columns of the prior's
            embeddings among the features; it may be empty.
        epnet: `EPNet`, or `None`: the features stay as they are. Defaults to
            `None`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: those of the encoder.

    Returns:
        dict of two: `root`, the features `(batch, root_units)`, and `prior`,
        `(batch, prior_units)`, if there is any.

    Example:
    >>> encoder = mt.features.PEPNetEncoder(
    ...     mt.features.FeatureEncoder(3, 0, num_buckets=5, embedding_dim=2),
    ...     prior_columns=[(0, 2), (4, 6)],
    ... )
    >>> roots = encoder({"ids": np.array([[0, 4, 2]])})
    >>> roots["root"].shape, roots["prior"].shape
    (TensorShape([1, 6]), TensorShape([1, 4]))

    Reference:
    - [Chang et al., 2023](https://arxiv.org/abs/2302.01115), section 3.2.
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        prior_columns: Sequence[Range],
        epnet: EPNet | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_instances(keras.layers.Layer, encoder=encoder)
        if epnet is not None:
            check_instances(EPNet, epnet=epnet)
        check_ranges(prior_columns=prior_columns)
        self.encoder = encoder
        self.prior_columns = tuple((a, b) for a, b in prior_columns)
        self.epnet = epnet

    @classmethod
    def from_schema(
        cls,
        schema: DatasetSchema,
        embedding_dim: EmbeddingDim = 10,
        table_initializer: Initializer = None,
        gate_units: Sequence[int] = (64,),
        **kwargs: Any,
    ) -> "PEPNetEncoder":
        """A `FeatureEncoder` with the schema's `entities` as the prior.

        Args:
            schema: `DatasetSchema`. With a `domain` there is an `EPNet`.
            embedding_dim: see `FeatureEncoder.from_schema`. Defaults to `10`.
            table_initializer: initializer of the table. Defaults to a normal
                distribution of standard deviation `1e-4`.
            gate_units: see `GateNU`. Defaults to `(64,)`.
            **kwargs: Passed to `keras.layers.Layer`.
        """
        check_instances(DatasetSchema, schema=schema)
        dtype = kwargs.get("dtype")
        encoder = FeatureEncoder.from_schema(
            schema, embedding_dim, table_initializer, dtype=dtype, name="fields"
        )
        epnet = None
        if schema.domain is not None:
            (columns,) = encoder.columns_of(schema, [schema.domain])
            epnet = EPNet(columns, gate_units, dtype=dtype, name="epnet")
        prior = encoder.columns_of(schema, schema.entities)
        return cls(encoder, prior, epnet, **kwargs)

    def build(self, input_shape: dict[str, Shape]) -> None:
        if not self.encoder.built:
            self.encoder.build(input_shape)
        root_shape = self.encoder.compute_output_shape(input_shape)
        check_ranges(root_shape[-1], prior_columns=self.prior_columns)
        if self.epnet is not None and not self.epnet.built:
            self.epnet.build(root_shape)

    def call(self, inputs: Inputs) -> TaskTensors:
        features = self.encoder(inputs)
        parts = [features[:, start:stop] for start, stop in self.prior_columns]
        root = features if self.epnet is None else self.epnet(features)
        if not parts:
            return {"root": root}
        return {"root": root, "prior": ops.concatenate(parts, axis=1)}

    def compute_output_shape(
        self, input_shape: dict[str, Shape]
    ) -> dict[str, Shape]:
        shape = self.encoder.compute_output_shape(input_shape)
        if not self.prior_columns:
            return {"root": shape}
        units = sum(stop - start for start, stop in self.prior_columns)
        return {"root": shape, "prior": (shape[0], units)}

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "encoder": serialized_layer(self.encoder),
            "prior_columns": [list(columns) for columns in self.prior_columns],
            "epnet": self.epnet and serialized_layer(self.epnet),
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**restored_layers(config, "encoder", "epnet"))
