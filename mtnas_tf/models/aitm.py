"""Adaptive information transfer multi-task model."""

import functools
from collections.abc import Sequence

import keras

from mtnas_tf import layers
from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.standard_parts import standard_parts
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer


@keras.saving.register_keras_serializable(package="mtnas_tf")
class AITM(MultiTaskModel):
    """Networks on shared embeddings that pass information along chains.

    See `mtnas_tf.layers.SharedEmbedding` and `mtnas_tf.layers.AITMTowers`. The
    paper's networks have the widths `(128, 64, 32)`.

    Args:
        schema: `DatasetSchema`, with a task that `requires` another. Without
            any the towers are plain.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers of each task, beside a stem. Defaults to `(64,)`.
        tower_units: sequence of int > 0. Widths of further hidden layers,
            before the transfer. Defaults to `()`, none.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding, see `FeatureEncoder`. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a first layer that all tasks
            share. Defaults to `None`, none.
        normalization: `None`, `"batch"` or `"layer"`, in every hidden layer.
            Defaults to `"layer"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        calibrator_weight: float >= 0, see `AITMTowers`. Defaults to `0.6`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"aitm"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> click = mt.data.TaskSpec(name="click")
    >>> schema = mt.data.DatasetSchema(
    ...     name="log",
    ...     fields=(mt.data.FieldSpec(name="user"),),
    ...     tasks=(click, mt.data.TaskSpec(name="buy", requires="click")),
    ...     num_buckets=7,
    ... )
    >>> model = mt.models.AITM(schema, hidden_units=(8, 4))
    >>> model({"ids": np.array([[0], [3]])})["buy"].shape
    TensorShape([2, 1])

    Reference:
    - [Xi et al., 2021](https://arxiv.org/abs/2105.08489), section 3.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        hidden_units: Sequence[int] = (64,),
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        calibrator_weight: float = 0.6,
        table_initializer: Initializer = None,
        name: str = "aitm",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        body = layers.SharedEmbedding(
            schema.task_names,
            hidden_units=hidden_units,
            stem_units=stem_units,
            normalization=normalization,
            dropout_rate=dropout_rate,
            dtype=dtype,
            name="body",
        )
        parts = standard_parts(
            schema,
            embedding_dim,
            table_initializer,
            tower_units,
            normalization,
            dropout_rate,
            dtype,
            towers=functools.partial(
                layers.AITMTowers, calibrator_weight=calibrator_weight
            ),
        )
        super().__init__(schema, body, **parts, name=name, dtype=dtype)
