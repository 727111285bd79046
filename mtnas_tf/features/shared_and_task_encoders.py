"""An encoder for each task, and one that all tasks share."""

from typing import Any
from typing import Self

import keras

from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features.feature_encoder import FeatureEncoder
from mtnas_tf.features.restored_layers import restored_layers
from mtnas_tf.features.serialized_layer import serialized_layer
from mtnas_tf.features.task_encoders import TaskEncoders
from mtnas_tf.types import Config
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer
from mtnas_tf.types import Inputs
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SharedAndTaskEncoders(keras.layers.Layer):
    """Encodes the same rows once for all tasks and once for each.

    Made from a schema, it has one more embedding table than there are tasks.

    Args:
        shared: the encoder of all tasks, a Keras layer.
        tasks: `TaskEncoders`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: the inputs of every encoder.

    Returns:
        dict of two: `shared`, a root feature `(batch, root_units)`, and
        `tasks`, a dict task name -> root feature.

    Example:
    >>> roots = mt.features.SharedAndTaskEncoders(
    ...     mt.features.FeatureEncoder(2, 0, num_buckets=5),
    ...     mt.features.TaskEncoders(
    ...         {"click": mt.features.FeatureEncoder(2, 0, num_buckets=5)}
    ...     ),
    ... )({"ids": np.array([[0, 4], [1, 1], [2, 3]])})
    >>> roots["shared"].shape, roots["tasks"]["click"].shape
    (TensorShape([3, 20]), TensorShape([3, 20]))

    Reference:
    - [Su et al., 2024](https://arxiv.org/abs/2308.13537), the embeddings of
      the STEM paradigm.
    """

    def __init__(
        self, shared: keras.layers.Layer, tasks: TaskEncoders, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_instances(keras.layers.Layer, shared=shared)
        check_instances(TaskEncoders, tasks=tasks)
        self.shared = shared
        self.tasks = tasks

    @classmethod
    def from_schema(
        cls,
        schema: DatasetSchema,
        embedding_dim: EmbeddingDim = 10,
        table_initializer: Initializer = None,
        **kwargs: Any,
    ) -> "SharedAndTaskEncoders":
        """A `FeatureEncoder` for all of a schema's tasks, and one for each.

        Args:
            schema: `DatasetSchema`.
            embedding_dim: int > 0, or dict field name -> int > 0. Width of an
                embedding, see `FeatureEncoder`. Defaults to `10`.
            table_initializer: initializer of the tables. Defaults to a normal
                distribution of standard deviation `1e-4`.
            **kwargs: Passed to `keras.layers.Layer`.
        """
        fields = (schema, embedding_dim, table_initializer)
        dtype = kwargs.get("dtype")
        return cls(
            FeatureEncoder.from_schema(*fields, dtype=dtype, name="shared"),
            TaskEncoders.from_schema(*fields, dtype=dtype, name="tasks"),
            **kwargs,
        )

    def build(self, input_shape: dict[str, Shape]) -> None:
        for encoder in (self.shared, self.tasks):
            if not encoder.built:
                encoder.build(input_shape)

    def call(self, inputs: Inputs) -> dict[str, Tensor]:
        return {"shared": self.shared(inputs), "tasks": self.tasks(inputs)}

    def compute_output_shape(
        self, input_shape: dict[str, Shape]
    ) -> dict[str, Shape | dict[str, Shape]]:
        return {
            "shared": self.shared.compute_output_shape(input_shape),
            "tasks": self.tasks.compute_output_shape(input_shape),
        }

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "shared": serialized_layer(self.shared),
            "tasks": serialized_layer(self.tasks),
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**restored_layers(config, "shared", "tasks"))
