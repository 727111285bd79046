"""Paths of blocks, one a task, that agents learn by reinforcement."""

from collections.abc import Sequence

import keras
import tensorflow as tf
from keras import ops

from mtnas_tf import layers
from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.losses import loss_for
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.row_rewards import row_rewards
from mtnas_tf.models.standard_parts import standard_parts
from mtnas_tf.models.task_labels import task_labels
from mtnas_tf.models.task_weights import task_weights
from mtnas_tf.types import Batch
from mtnas_tf.types import DType
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer
from mtnas_tf.types import Labels
from mtnas_tf.types import SampleWeights
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class RoutingNetworks(MultiTaskModel):
    """Every task takes one expert a layer, chosen by an agent of its own.

    See `mtnas_tf.layers.RoutingNetworks`. A training step draws a path for
    every row and task, trains the experts by the loss of what these predict,
    and then the agents by the rewards of the rows, on the same batch.
    `body.route` is the most probable paths, and `mtnas_tf.derive.prune` makes
    their network.

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int > 0. Experts of a layer. Defaults to `4`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        reward: `"negative_loss"` or `"correct"`, of a row's prediction.
            Defaults to `"negative_loss"`.
        collaboration: float >= 0. Reward for drawing what other tasks draw, as
            a share of the row's reward. Defaults to `0.3`.
        policy_learning_rate: float > 0. Defaults to `0.1`.
        min_probability: float >= 0, at most `1 / num_experts`. Defaults to
            `0.01`.
        co_training_rate: float >= 0. Weight of the loss of uniform paths.
            Defaults to `0.0`, without.
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
        name: string. Defaults to `"routing_networks"`.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = RoutingNetworks(data.schema, num_layers=1, num_experts=2)
    >>> model.compile(jit_compile=False)
    >>> history = model.fit(data.train.take(3), verbose=0)
    >>> model.body.policy.shape  # layers, tasks, experts
    TensorShape([1, 2, 2])

    Reference:
    - [Rosenbaum et al., 2018](https://arxiv.org/abs/1711.01239), section 3.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 2,
        num_experts: int = 4,
        hidden_units: Sequence[int] = (64,),
        reward: str = "negative_loss",
        collaboration: float = 0.3,
        policy_learning_rate: float = 0.1,
        min_probability: float = 0.01,
        co_training_rate: float = 0.0,
        seed: int = 0,
        tower_units: Sequence[int] = (),
        embedding_dim: EmbeddingDim = 10,
        stem_units: int | None = None,
        normalization: str | None = "layer",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        name: str = "routing_networks",
        dtype: DType = None,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        super().__init__(
            schema,
            body=layers.RoutingNetworks(
                schema.task_names,
                num_layers=num_layers,
                num_experts=num_experts,
                hidden_units=hidden_units,
                reward=reward,
                collaboration=collaboration,
                policy_learning_rate=policy_learning_rate,
                min_probability=min_probability,
                co_training_rate=co_training_rate,
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

    def train_step(self, data: Batch) -> TaskTensors:
        inputs, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            root = self.encoder(inputs)
            drawn, chosen = self.body.draw(root)
            predictions = self.towers(drawn, training=True)
            loss = self.compute_loss(inputs, labels, predictions, weights)
            if self.body.co_training_rate:
                loss += self._co_training_loss(root, labels, weights)
            scaled_loss = self.optimizer.scale_loss(loss)
        num_rows = ops.shape(root)[0]
        self._loss_tracker.update_state(loss, sample_weight=num_rows)
        gradients = tape.gradient(scaled_loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        self._learn(chosen, predictions, labels, weights)
        return self.compute_metrics(inputs, labels, predictions, weights)

    def _co_training_loss(
        self, root: Tensor, labels: Labels, sample_weight: SampleWeights
    ) -> Tensor:
        """The loss over uniform paths: scalar."""
        drawn, _ = self.body.draw(root, is_uniform=True)
        predictions = self.towers(drawn, training=True)
        tasks = self.schema.tasks
        labels = task_labels(tasks, labels)
        weights = task_weights(tasks, sample_weight) or {}
        loss_weights = self.loss_weights or {}
        losses = [
            loss_weights.get(task.name, 1.0)
            * loss_for(task)(
                labels[task.name],
                predictions[task.name],
                weights.get(task.name),
            )
            for task in tasks
        ]
        return self.body.co_training_rate * sum(losses)

    def _learn(
        self,
        chosen: Tensor,
        predictions: TaskTensors,
        labels: Labels,
        sample_weight: SampleWeights,
    ) -> None:
        """One step of the agents."""
        tasks = self.schema.tasks
        labels = task_labels(tasks, labels)
        given = task_weights(tasks, sample_weight) or {}
        rewards, weights = zip(
            *[
                row_rewards(
                    task,
                    labels[task.name],
                    predictions[task.name],
                    given.get(task.name),
                    is_correctness=self.body.reward == "correct",
                )
                for task in tasks
            ],
            strict=True,
        )
        self.body.learn(chosen, ops.stack(rewards), ops.stack(weights))
