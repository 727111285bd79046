"""A network for each task; nothing is shared."""

from collections.abc import Sequence

import keras

from mtnas_tf import layers
from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features import TaskEncoders
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.standard_parts import standard_parts
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SingleTask(MultiTaskModel):
    """A `SharedBottom` for each task, with an embedding table of its own.

    The networks train side by side on the same batches; no gradient of one
    task reaches another's weights. See `mtnas_tf.layers.SingleTask`.

    Args:
        schema: `DatasetSchema`.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers, beside a stem. Defaults to `(64,)`.
        tower_units: sequence of int > 0. Widths of a tower's hidden layers.
            Defaults to `()`, none.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding, see `FeatureEncoder`. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a layer before the others.
            Defaults to `None`, none.
        normalization: `None`, `"batch"` or `"layer"`, in every hidden layer.
            Defaults to `"layer"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"single_task"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.SingleTask(data.schema, hidden_units=(32,))
    >>> model.count_params()
    6658
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
        table_initializer: Initializer = None,
        name: str = "single_task",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.SingleTask(
                schema.task_names,
                hidden_units=hidden_units,
                stem_units=stem_units,
                normalization=normalization,
                dropout_rate=dropout_rate,
                dtype=dtype,
                name="body",
            ),
            **standard_parts(
                schema,
                embedding_dim,
                table_initializer,
                tower_units,
                normalization,
                dropout_rate,
                dtype,
                encoder=TaskEncoders,
            ),
            name=name,
            dtype=dtype,
        )
