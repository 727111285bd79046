"""An encoder for each task."""

from collections.abc import Mapping
from typing import Any
from typing import Self

import keras

from mtnas_tf.data import DatasetSchema
from mtnas_tf.features.feature_encoder import FeatureEncoder
from mtnas_tf.features.serialized_layer import serialized_layer
from mtnas_tf.layer_name import layer_name
from mtnas_tf.types import Config
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer
from mtnas_tf.types import Inputs
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors


@keras.saving.register_keras_serializable(package="mtnas_tf")
class TaskEncoders(keras.layers.Layer):
    """Encodes the same rows once for each task, by an encoder of its own.

    Args:
        encoders: dict task name -> encoder, a Keras layer.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: the inputs of every encoder.

    Returns:
        dict task name -> root feature, `(batch, root_units)`.

    Example:
    >>> roots = mt.features.TaskEncoders(
    ...     {
    ...         task: mt.features.FeatureEncoder(2, 0, num_buckets=5)
    ...         for task in ("click", "like")
    ...     }
    ... )({"ids": np.array([[0, 4], [1, 1], [2, 3]])})
    >>> roots["like"].shape
    TensorShape([3, 20])
    """

    def __init__(
        self, encoders: Mapping[str, keras.layers.Layer], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.encoders = dict(encoders)

    @classmethod
    def from_schema(
        cls,
        schema: DatasetSchema,
        embedding_dim: EmbeddingDim = 10,
        table_initializer: Initializer = None,
        **kwargs: Any,
    ) -> "TaskEncoders":
        """A `FeatureEncoder` for each of a schema's tasks.

        Args:
            schema: `DatasetSchema`.
            embedding_dim: int > 0, or dict field name -> int > 0. Width of an
                embedding, see `FeatureEncoder`. Defaults to `10`.
            table_initializer: initializer of the tables. Defaults to a normal
                distribution of standard deviation `1e-4`.
            **kwargs: Passed to `keras.layers.Layer`.
        """
        names = {
            task: layer_name("encoder", task) for task in schema.task_names
        }
        return cls._equal(
            names, schema, embedding_dim, table_initializer, **kwargs
        )

    @classmethod
    def _equal(
        cls,
        names: Mapping[str, str],
        schema: DatasetSchema,
        embedding_dim: EmbeddingDim,
        table_initializer: Initializer,
        **kwargs: Any,
    ) -> Self:
        """A `FeatureEncoder` for each key of `names`, called by its value."""
        encoders = cls({}, **kwargs)
        for key, name in names.items():
            encoders.encoders[key] = FeatureEncoder.from_schema(
                schema,
                embedding_dim,
                table_initializer,
                dtype=encoders.dtype_policy,
                name=name,
            )
        return encoders

    def build(self, input_shape: dict[str, Shape]) -> None:
        for encoder in self.encoders.values():
            if not encoder.built:
                encoder.build(input_shape)

    def call(self, inputs: Inputs) -> TaskTensors:
        return {
            task: encoder(inputs) for task, encoder in self.encoders.items()
        }

    def compute_output_shape(
        self, input_shape: dict[str, Shape]
    ) -> dict[str, Shape]:
        return {
            task: encoder.compute_output_shape(input_shape)
            for task, encoder in self.encoders.items()
        }

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "encoders": {
                task: serialized_layer(encoder)
                for task, encoder in self.encoders.items()
            },
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        encoders = {
            task: keras.saving.deserialize_keras_object(encoder)
            for task, encoder in config["encoders"].items()
        }
        return cls(**{**config, "encoders": encoders})
