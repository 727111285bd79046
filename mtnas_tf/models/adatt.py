"""AdaTT: in every layer, tasks fuse their experts with those of the others."""

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
class AdaTT(MultiTaskModel):
    """Each task has experts in every layer, and fuses all with its own again.

    See `mtnas_tf.layers.AdaTT`.

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_task_experts: int > 0. Experts of a task in a layer. Defaults to
            `1`.
        num_shared_experts: int >= 0. Experts of the shared unit in a layer; 0
            for no such unit (AdaTT-sp). Defaults to `1`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        tower_units: sequence of int > 0. Widths of a tower's hidden layers.
            Defaults to `()`, none.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding, see `FeatureEncoder`. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a first layer that all experts
            share. Defaults to `None`, none.
        root_query: `"features"` (the encoder's output) or `"stem"`: what gates
            of the first layer look at. Defaults to `"features"`.
        normalization: `None`, `"batch"` or `"layer"`, in every hidden layer.
            Defaults to `"layer"`.
        gate_normalization: `None` (as in the papers) or `"batch"`, of the
            scores of gates, see `Gate`. Defaults to `"batch"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"adatt"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.AdaTT(data.schema)
    >>> model.count_params()
    34114

    Reference:
    - [Li et al., 2023](https://arxiv.org/abs/2304.04959), section 3.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 2,
        num_task_experts: int = 1,
        num_shared_experts: int = 1,
        hidden_units: Sequence[int] = (64,),
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = "layer",
        gate_normalization: str | None = "batch",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "adatt",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.AdaTT(
                schema.task_names,
                num_layers=num_layers,
                num_task_experts=num_task_experts,
                num_shared_experts=num_shared_experts,
                hidden_units=hidden_units,
                stem_units=stem_units,
                root_query=root_query,
                normalization=normalization,
                gate_normalization=gate_normalization,
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
