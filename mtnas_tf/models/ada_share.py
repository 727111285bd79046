"""Residual blocks that every task executes or skips."""

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
class AdaShare(MultiTaskModel):
    """Every task executes some of a stack of residual blocks, and skips others.

    See `mtnas_tf.layers.AdaShare`. `body.policy` tells which.

    Args:
        schema: `DatasetSchema`.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers of the blocks, one block each; all inputs and outputs of
            blocks are as wide as the last. Defaults to `(64, 64, 64, 64)`.
        sparsity_weight: float >= 0. Weight of the loss for blocks that a task
            executes. Defaults to `0.05`.
        sharing_weight: float >= 0. Weight of the loss for blocks that tasks do
            not share. Defaults to `0.05`.
        sharing_form: `"probs"` (the paper) or `"logits"` (the authors' code).
            Defaults to `"probs"`.
        initial_temperature: float > 0. Defaults to `5.0`.
        temperature_decay: float in (0, 1], by epoch of the policy. Defaults to
            `0.965`.
        final_temperature: float > 0. Defaults to `0.05`.
        warmup_steps: int >= 0. Steps that execute all blocks. Defaults to
            `400`.
        annealing_steps: int > 0. Steps of an epoch of the policy. Defaults to
            `5`.
        curriculum_epochs: int > 0. Epochs of the policy after which one more
            block, from the last to the first, may be skipped. Defaults to `3`.
        learning_rate_factor: float > 0. How much faster than weights the
            choices learn, with Adam. Defaults to `10.0`.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        tower_units: sequence of int > 0. Widths of a tower's hidden layers.
            Defaults to `()`, none.
        embedding_dim: int > 0, or dict field name -> int > 0. Width of an
            embedding, see `FeatureEncoder`. Defaults to `10`.
        stem_units: int > 0, or `None`. Width of a layer before the blocks, and
            before the one that gives them their width. Defaults to `None`,
            none.
        normalization: `None`, `"batch"` or `"layer"`, in every hidden layer.
            Defaults to `"layer"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        name: string. Defaults to `"ada_share"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = AdaShare(data.schema, hidden_units=(8, 8))
    >>> model.body.policy
    {'task_0': (True, True), 'task_1': (True, True)}

    Reference:
    - [Sun et al., 2020](https://arxiv.org/abs/1911.12423), section 3.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        hidden_units: Sequence[int] = (64, 64, 64, 64),
        sparsity_weight: float = 0.05,
        sharing_weight: float = 0.05,
        sharing_form: str = "probs",
        initial_temperature: float = 5.0,
        temperature_decay: float = 0.965,
        final_temperature: float = 0.05,
        warmup_steps: int = 400,
        annealing_steps: int = 5,
        curriculum_epochs: int = 3,
        learning_rate_factor: float = 10.0,
        seed: int = 0,
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "ada_share",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.AdaShare(
                schema.task_names,
                hidden_units=hidden_units,
                sparsity_weight=sparsity_weight,
                sharing_weight=sharing_weight,
                sharing_form=sharing_form,
                initial_temperature=initial_temperature,
                temperature_decay=temperature_decay,
                final_temperature=final_temperature,
                warmup_steps=warmup_steps,
                annealing_steps=annealing_steps,
                curriculum_epochs=curriculum_epochs,
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
        """The authors' shares of a training, as arguments.

        Args:
            num_steps: int > 0. Steps of the training.
        """
        check_ints(num_steps=num_steps)
        return {
            "warmup_steps": num_steps // 5,
            "annealing_steps": max(num_steps // 400, 1),
        }
