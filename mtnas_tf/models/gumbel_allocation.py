"""Learned allocation of experts to tasks."""

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
class GumbelAllocation(MultiTaskModel):
    """Every task averages the experts that a learned bit allocates to it.

    See `mtnas_tf.layers.GumbelAllocation`. `body.route` is the allocation, and
    `mtnas_tf.derive.prune` makes its network.

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int > 0. Experts of a layer. Defaults to `4`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        initial_probability: float in (0, 1). Of every bit. Defaults to `0.5`.
        initial_temperature: float > 0. Defaults to `50.0`.
        final_temperature: float > 0. Defaults to `0.5`.
        budget: float >= 0. Share of all experts that a task may use for free.
            Defaults to `0.5`.
        budget_penalty: float >= 0. Loss for a task that uses all of them beside
            the budget. Defaults to `1.0`.
        learning_rate_factor: float > 0. How much faster than weights the
            choices learn, with Adam. Defaults to `20.0`.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        tower_units: sequence of int > 0. Widths of a tower's hidden layers.
            Defaults to `()`, none.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding, see `FeatureEncoder`. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a first layer that all experts
            share. Defaults to `None`, none.
        normalization: `None`, `"batch"` or `"layer"`, in every hidden layer.
            Defaults to `"layer"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"gumbel_allocation"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = GumbelAllocation(data.schema, num_layers=1, num_experts=2)
    >>> print(model.body.route)
    task_0 <- s1+s2
    task_1 <- s1+s2

    Reference:
    - [Maziarz et al., 2019](https://arxiv.org/abs/1910.04915).
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 2,
        num_experts: int = 4,
        hidden_units: Sequence[int] = (64,),
        initial_probability: float = 0.5,
        initial_temperature: float = 50.0,
        final_temperature: float = 0.5,
        budget: float = 0.5,
        budget_penalty: float = 1.0,
        learning_rate_factor: float = 20.0,
        seed: int = 0,
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "gumbel_allocation",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.GumbelAllocation(
                schema.task_names,
                num_layers=num_layers,
                num_experts=num_experts,
                hidden_units=hidden_units,
                initial_probability=initial_probability,
                initial_temperature=initial_temperature,
                final_temperature=final_temperature,
                budget=budget,
                budget_penalty=budget_penalty,
                learning_rate_factor=learning_rate_factor,
                seed=seed,
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
