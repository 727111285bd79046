"""The validation rows on which an estimator scores routes."""

import tensorflow as tf
from keras import ops

from mtnas_tf.models.supernet_model import SupernetModel
from mtnas_tf.models.task_labels import task_labels
from mtnas_tf.models.task_weights import task_weights
from mtnas_tf.search.supernet.rewards import Reward
from mtnas_tf.search.supernet.rewards import negative_loss
from mtnas_tf.types import SampleWeights
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


class RewardBatch:
    """One batch, with the supernet to run on it.

    Routes are normalized by their own statistics on the batch, and no weight
    changes.

    Args:
        supernet: `SupernetModel`.
        reward: callable, see `mtnas_tf.search.supernet.rewards`.
        root: `(batch, root_units)`: the encoder's output.
        labels: dict task name -> `(batch, 1)`.
        sample_weight: as in `fit`. Defaults to `None`, 1 each.
    """

    def __init__(
        self,
        supernet: SupernetModel,
        reward: Reward,
        root: Tensor,
        labels: TaskTensors,
        sample_weight: SampleWeights = None,
    ) -> None:
        self.supernet = supernet
        self.reward = reward
        self.root = root
        tasks = supernet.schema.tasks
        weights = task_weights(tasks, sample_weight)
        self.labels = _flat(task_labels(tasks, labels))
        self.weights = None if weights is None else _flat(weights)

    def rewards(self, choices: Tensor) -> tuple[Tensor, Tensor]:
        """Rewards of routes.

        Args:
            choices: int `(routes, blocks)`.

        Returns:
            `(rewards, is_defined)`: `(tasks, routes)` and bool `(tasks,)`.
        """
        logits = self.supernet.root_route_logits(
            self.root, choices, use_batch_statistics=True
        )
        rewards, is_defined = self._score(self.reward, logits)
        return tf.stop_gradient(rewards), is_defined

    def slope(self, probs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gradient of a mixture's loss with respect to its weights.

        The loss includes the supernet's `route_penalty`.

        Args:
            probs: `(blocks, choices)`. Weights of the local routes.

        Returns:
            `(slope, rewards, is_defined)`: `(blocks, choices)`, then the
            mixture's `negative_loss`: `(tasks, 1)` and bool `(tasks,)`.
        """
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(probs)
            logits = self.supernet.root_mixture_logits(
                self.root, probs[None], use_batch_statistics=True
            )
            rewards, is_defined = self._score(negative_loss, logits)
            defined = ops.where(is_defined[:, None], rewards, 0.0)
            loss = self.supernet.route_penalty(probs) - ops.sum(defined)
        return tape.gradient(loss, probs), tf.stop_gradient(rewards), is_defined

    def _score(
        self, reward: Reward, logits: TaskTensors
    ) -> tuple[Tensor, Tensor]:
        weights = () if self.weights is None else (self.weights,)
        return reward(self.supernet.schema.tasks, self.labels, logits, *weights)


def _flat(columns: TaskTensors) -> TaskTensors:
    return {
        name: None
        if column is None
        else ops.reshape(ops.cast(column, "float32"), (-1,))
        for name, column in columns.items()
    }
