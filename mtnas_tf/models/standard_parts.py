"""The encoder and the towers of models that differ in their bodies alone."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.data import DatasetSchema
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.layers import Towers
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer


def standard_parts(
    schema: DatasetSchema,
    embedding_dim: EmbeddingDim,
    table_initializer: Initializer,
    tower_units: Sequence[int],
    normalization: str | None,
    dropout_rate: float,
    dtype: DType,
    encoder: type[keras.layers.Layer] = FeatureEncoder,
    towers: Callable[..., Towers] = Towers,
    **encoder_arguments: Any,
) -> dict[str, keras.layers.Layer]:
    """Makes the arguments `encoder` and `towers` of `MultiTaskModel`.

    Args:
        schema: `DatasetSchema`.
        embedding_dim: see `MMoE`.
        table_initializer: see `MMoE`.
        tower_units: see `MMoE`.
        normalization: see `MMoE`.
        dropout_rate: see `MMoE`.
        dtype: dtype or policy of both.
        encoder: class of the encoder, with a `from_schema`. Defaults to
            `FeatureEncoder`.
        towers: class of the towers. Defaults to `Towers`.
        **encoder_arguments: further arguments of `encoder.from_schema`.
    """
    return {
        "encoder": encoder.from_schema(
            schema,
            embedding_dim,
            table_initializer,
            dtype=dtype,
            name="encoder",
            **encoder_arguments,
        ),
        "towers": towers(
            schema.tasks,
            tower_units,
            normalization,
            dropout_rate,
            dtype=dtype,
            name="towers",
        ),
    }
