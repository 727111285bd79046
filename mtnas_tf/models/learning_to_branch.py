"""A tree of experts, in which every expert and task chooses its parent."""

from collections.abc import Sequence

import keras

from mtnas_tf import layers
from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.standard_parts import standard_parts
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer


@keras.saving.register_keras_serializable(package="mtnas_tf")
class LearningToBranch(MultiTaskModel):
    """Every expert and task reads one expert of the previous layer.

    See `mtnas_tf.layers.LearningToBranch`. `body.route` is the tree, and
    `mtnas_tf.derive.prune` makes its network.

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int > 0. Experts of a layer. Defaults to `4`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        initial_temperature: float > 0. Defaults to `10.0`.
        annealing_steps: int > 0. Steps that count as an epoch in the fall of
            the temperature. Defaults to `10`.
        warmup_steps: int >= 0. Steps that draw parents uniformly. Defaults to
            `20`.
        learning_rate_factor: float > 0. How much faster than weights the
            choices learn, with Adam. Defaults to `10.0`.
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
        name: string. Defaults to `"learning_to_branch"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = LearningToBranch(data.schema, num_layers=1, num_experts=2)
    >>> print(model.body.route)
    task_0 <- s1
    task_1 <- s1

    Reference:
    - [Guo et al., 2020](https://arxiv.org/abs/2006.01895).
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 2,
        num_experts: int = 4,
        hidden_units: Sequence[int] = (64,),
        initial_temperature: float = 10.0,
        annealing_steps: int = 10,
        warmup_steps: int = 20,
        learning_rate_factor: float = 10.0,
        seed: int = 0,
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "learning_to_branch",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.LearningToBranch(
                schema.task_names,
                num_layers=num_layers,
                num_experts=num_experts,
                hidden_units=hidden_units,
                initial_temperature=initial_temperature,
                annealing_steps=annealing_steps,
                warmup_steps=warmup_steps,
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

    @staticmethod
    def schedule(num_steps: int) -> dict[str, int]:
        """LibMTL's shares of a training, as arguments.

        Args:
            num_steps: int > 0. Steps of the training.
        """
        check_ints(num_steps=num_steps)
        return {
            "warmup_steps": num_steps // 100,
            "annealing_steps": max(num_steps // 200, 1),
        }
