"""HoME: experts of all tasks, of groups of tasks and of single ones."""

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
class HoME(MultiTaskModel):
    """Tasks share experts with their group, and fewer with all others.

    See `mtnas_tf.layers.HoME`.

    Args:
        schema: `DatasetSchema`.
        groups: sequence of sequences of task names, every task in one of them:
            tasks that have much in common. Defaults to `None`, a group for each
            task.
        num_task_experts: int > 0. Experts of a task. Defaults to `1`.
        num_group_experts: int > 0. Experts of a group, on each of two levels.
            Defaults to `1`.
        num_shared_experts: int > 0. Shared experts, on each of two levels.
            Defaults to `1`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        rank: int > 0. Of the gates on features. Defaults to `8`.
        tower_units: sequence of int > 0. Widths of a tower's hidden layers.
            Defaults to `()`, none.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a first layer that all experts
            share. Defaults to `None`, none.
        root_query: `"features"` (the encoder's output) or `"stem"`: what gates
            of the first level look at. Defaults to `"features"`.
        normalization: `None`, `"batch"` (as in the paper) or `"layer"`, in
            every hidden layer. Defaults to `"batch"`.
        gate_normalization: `None` (as in the paper) or `"batch"`, of the
            scores of gates, see `Gate`. Defaults to `"batch"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        activation: `"swish"` (as in the paper) or `"relu"`, of the experts.
            Defaults to `"swish"`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"home"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.HoME(data.schema)
    >>> model.count_params()
    54366

    Reference:
    - [Wang et al., 2024](https://arxiv.org/abs/2408.05430).
    """

    def __init__(
        self,
        schema: DatasetSchema,
        groups: Sequence[Sequence[str]] | None = None,
        num_task_experts: int = 1,
        num_group_experts: int = 1,
        num_shared_experts: int = 1,
        hidden_units: Sequence[int] = (64,),
        rank: int = 8,
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = "batch",
        gate_normalization: str | None = "batch",
        dropout_rate: float = 0.0,
        activation: str = "swish",
        table_initializer: Initializer = None,
        name: str = "home",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.HoME(
                schema.task_names,
                groups=groups,
                num_task_experts=num_task_experts,
                num_group_experts=num_group_experts,
                num_shared_experts=num_shared_experts,
                hidden_units=hidden_units,
                rank=rank,
                stem_units=stem_units,
                root_query=root_query,
                normalization=normalization,
                gate_normalization=gate_normalization,
                dropout_rate=dropout_rate,
                activation=activation,
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
