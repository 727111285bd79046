"""Cross-stitch networks: one network a task, mixed after every layer."""

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
class CrossStitch(MultiTaskModel):
    """A network for each task, whose hidden layers read each other.

    See `mtnas_tf.layers.CrossStitch`. The embedding table is shared.

    Args:
        schema: `DatasetSchema`.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers, each of which a `CrossStitchUnit` follows. Defaults to
            `(64,)`.
        own_weight: float in [0, 1). Where a task's weight of its own
            activations starts; those of other tasks' start at equal shares of
            the rest. Defaults to `0.9`.
        per_channel: bool. Whether every unit has weights of its own. Defaults
            to `False`.
        stitch_rate: float > 0. Learning rate of those weights, as a multiple
            of the optimizer's. Defaults to `10.0`.
        tower_units: sequence of int > 0. Widths of a tower's hidden layers.
            Defaults to `()`, none.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding, see `FeatureEncoder`. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a first layer that all networks
            share. Defaults to `None`, none.
        normalization: `None`, `"batch"` or `"layer"`, in every hidden layer.
            Defaults to `"layer"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"cross_stitch"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.CrossStitch(data.schema, hidden_units=(64, 32))
    >>> model.count_params()
    17546

    Reference:
    - [Misra et al., 2016](https://arxiv.org/abs/1604.03539), section 3.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        hidden_units: Sequence[int] = (64,),
        own_weight: float = 0.9,
        per_channel: bool = False,
        stitch_rate: float = 10.0,
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "cross_stitch",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.CrossStitch(
                schema.task_names,
                hidden_units=hidden_units,
                own_weight=own_weight,
                per_channel=per_channel,
                stitch_rate=stitch_rate,
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
            ),
            name=name,
            dtype=dtype,
        )
