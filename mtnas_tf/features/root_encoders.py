"""Several root features, each of an embedding table of its own."""

from typing import Any

import keras

from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features.feature_encoder import FeatureEncoder
from mtnas_tf.features.task_encoders import TaskEncoders
from mtnas_tf.routes.root_names import root_names
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer


@keras.saving.register_keras_serializable(package="mtnas_tf")
class RootEncoders(TaskEncoders):
    """Encodes the same rows once for each root feature of a route.

    Args:
        encoders: dict name of a root feature, such as `"root2"` -> encoder, a
            Keras layer.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: the inputs of every encoder.

    Returns:
        dict name -> root feature, `(batch, root_units)`.

    Example:
    >>> roots = mt.features.RootEncoders(
    ...     {
    ...         root: mt.features.FeatureEncoder(2, 0, num_buckets=5)
    ...         for root in ("root", "root2")
    ...     }
    ... )({"ids": np.array([[0, 4], [1, 1], [2, 3]])})
    >>> roots["root2"].shape
    TensorShape([3, 20])
    """

    @classmethod
    def from_schema(
        cls,
        schema: DatasetSchema,
        embedding_dim: EmbeddingDim = 10,
        table_initializer: Initializer = None,
        num_roots: int = 2,
        **kwargs: Any,
    ) -> "RootEncoders":
        """Equal `FeatureEncoder`s of the fields that a schema describes.

        Args:
            schema: `DatasetSchema`.
            embedding_dim: int > 0, or dict field name -> int > 0. Width of an
                embedding, see `FeatureEncoder`. Defaults to `10`.
            table_initializer: initializer of the tables. Defaults to a normal
                distribution of standard deviation `1e-4`.
            num_roots: int > 0. Defaults to `2`.
            **kwargs: Passed to `keras.layers.Layer`.
        """
        check_ints(num_roots=num_roots)
        names = {root: root for root in root_names(num_roots)}
        return cls._equal(
            names, schema, embedding_dim, table_initializer, **kwargs
        )

    @property
    def first(self) -> FeatureEncoder:
        """The encoder of the first root feature, which the others equal."""
        return next(iter(self.encoders.values()))

    @property
    def units(self) -> int:
        """Width of a root feature."""
        units: int = self.first.units
        return units
