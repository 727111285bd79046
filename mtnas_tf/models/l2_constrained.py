"""One network a task, kept close to the others by an L2 penalty."""

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
class L2Constrained(MultiTaskModel):
    """A network for each task, whose weights are drawn to the others'.

    See `mtnas_tf.layers.L2Constrained`. The embedding table is shared.

    Args:
        schema: `DatasetSchema`.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers. Defaults to `(64,)`.
        l2_weight: float >= 0. Weight of the networks' squared distances in the
            loss. Defaults to `1e-3`.
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
        name: string. Defaults to `"l2_constrained"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.L2Constrained(data.schema, hidden_units=(64, 32))
    >>> model.count_params()
    17538

    Reference:
    - [Duong et al., 2015](https://aclanthology.org/P15-2139/), section 3.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        hidden_units: Sequence[int] = (64,),
        l2_weight: float = 1e-3,
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "l2_constrained",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.L2Constrained(
                schema.task_names,
                hidden_units=hidden_units,
                l2_weight=l2_weight,
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
