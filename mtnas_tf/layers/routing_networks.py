"""Paths of blocks, one a task, that agents learn by reinforcement."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive
from mtnas_tf.layers.gumbel_noise import gumbel_noise
from mtnas_tf.layers.task_paths import TaskPaths
from mtnas_tf.layers.weighted_policy_learner import average_returns
from mtnas_tf.layers.weighted_policy_learner import draw_returns
from mtnas_tf.layers.weighted_policy_learner import policy_step
from mtnas_tf.layers.weighted_policy_learner import projected
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor

REWARDS = ("negative_loss", "correct")
RETURN_MOMENTUM = 0.9  # of the average of earlier returns


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.RoutingNetworks"
)
class RoutingNetworks(TaskPaths):
    """Every task takes one expert a layer, chosen by an agent of its own.

        a_tl ~ pi_tl for every row in training, argmax pi_tl otherwise
        x_t^l = e^l_(a_tl)(x_t^(l-1)),  h_t = x_t^L

    An agent for each task and layer has a row of probabilities, which start
    equal and are no trainable weights: they learn from rewards by the Weighted
    Policy Learner, see `mtnas_tf.layers.weighted_policy_learner`. A reward
    needs labels, which a body does not see: `mtnas_tf.models.RoutingNetworks`
    calls `draw` and `learn` in its training step. In another model the body
    trains its experts on uniform paths, and keeps its policy.

    The average of earlier returns moves by a tenth in every step, and
    probabilities have a floor; the paper's code, a later version, learns a
    value of every action instead, by which none is better than another in the
    end, and draws from probabilities less the smallest one.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int > 0. Experts of a layer. Defaults to `4`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        reward: of a row, `"negative_loss"`, or `"correct"`: 1 if the predicted
            class is right and -1 if not, minus the loss of a regression.
            Defaults to `"negative_loss"`.
        collaboration: float >= 0. Reward for drawing what other tasks draw, as
            a share of the row's reward. Defaults to `0.3`.
        policy_learning_rate: float > 0. Defaults to `0.1`.
        min_probability: float >= 0, at most `1 / num_experts`. Defaults to
            `0.01`.
        co_training_rate: float >= 0. Weight of a second loss in training, of
            predictions over uniform paths, so that no expert stays untrained.
            Our reading of co-training, of which no equation was at hand.
            Defaults to `0.0`, without.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        stem_units: see `Stem`. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    With one expert a layer this is `SharedBottom`.

    Example:
    >>> body = mt.layers.RoutingNetworks(["click", "like"], hidden_units=(5,))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])
    >>> print(body.route)  # all paths are the first experts at first
    s2 <- s1
    click <- s2
    like <- s2

    References:
    - [Rosenbaum et al., 2018](https://arxiv.org/abs/1711.01239), section 3;
      [code](https://github.com/cle-ros/RoutingNetworks).
    - [Collier et al., 2020](https://arxiv.org/abs/2009.04381), of co-training.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        num_layers: int = 2,
        num_experts: int = 4,
        hidden_units: Sequence[int] = (64,),
        reward: str = "negative_loss",
        collaboration: float = 0.3,
        policy_learning_rate: float = 0.1,
        min_probability: float = 0.01,
        co_training_rate: float = 0.0,
        seed: int = 0,
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            tasks,
            num_layers,
            num_experts,
            hidden_units,
            stem_units,
            normalization,
            dropout_rate,
            **kwargs,
        )
        check_choices(REWARDS, reward=reward)
        check_at_least(
            0, collaboration=collaboration, co_training_rate=co_training_rate
        )
        check_positive(policy_learning_rate=policy_learning_rate)
        check_fractions(min_probability=min_probability)
        check_ints(0, seed=seed)
        if min_probability * num_experts > 1:
            raise ValueError(
                "`min_probability` must be at most 1 / num_experts. Received: "
                f"min_probability={min_probability}, num_experts={num_experts}"
            )
        self.reward = reward
        self.collaboration = collaboration
        self.policy_learning_rate = policy_learning_rate
        self.min_probability = min_probability
        self.co_training_rate = co_training_rate
        self.seed = seed

    def build(self, root_shape: Shape) -> None:
        super().build(root_shape)
        agents = (len(self.experts), len(self.tasks))
        num_experts = self.experts[0].num_experts
        fixed = {"trainable": False, "autocast": False, "dtype": "float32"}
        self.policy = self.add_weight(
            shape=(*agents, num_experts),
            initializer=keras.initializers.Constant(1 / num_experts),
            name="policy",
            **fixed,
        )
        # Of the earlier returns; NaN before the first.
        self.baseline = self.add_weight(
            shape=agents,
            initializer=keras.initializers.Constant(float("nan")),
            name="policy_baseline",
            **fixed,
        )
        self.generator = keras.random.SeedGenerator(self.seed)
        # As an attribute of its own the state is saved with the weights.
        self.generator_state = self.generator.state

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        if training:
            return self.draw(root)[0]
        best = ops.argmax(self.policy, axis=-1)
        layers = ops.unstack(self._one_hot(best), axis=0)
        return self.run(root, layers, training=False)

    def draw(
        self, root: Tensor, is_uniform: bool = False
    ) -> tuple[TaskTensors, Tensor]:
        """Runs paths that are drawn anew for every row, in training.

        Args:
            root: `(batch, root_units)`.
            is_uniform: bool. Whether to draw all experts alike, whatever the
                policy. Defaults to `False`.

        Returns:
            `(representations, chosen)`: as `call`, and float32 `(layers, tasks,
            batch, experts)`, one-hot draws.
        """
        num_rows = ops.shape(root)[0]
        layers, tasks, experts = self.policy.shape
        noise = gumbel_noise((layers, tasks, num_rows, experts), self.generator)
        if not is_uniform:
            logits = ops.log(ops.convert_to_tensor(self.policy))
            noise = noise + logits[:, :, None, :]
        chosen = self._one_hot(ops.argmax(noise, axis=-1))
        layers = ops.unstack(chosen, axis=0)
        return self.run(root, layers, training=True), chosen

    def learn(self, chosen: Tensor, rewards: Tensor, weights: Tensor) -> None:
        """One step of all agents, by the rewards of what they drew.

        Args:
            chosen: see `draw`.
            rewards: float32 `(tasks, batch)`.
            weights: float32 `(tasks, batch)`, 0 for rows without a label. An
                agent without any row keeps its policy.
        """
        returns = draw_returns(chosen, rewards, weights, self.collaboration)
        means = average_returns(returns, weights)
        old = ops.convert_to_tensor(self.baseline)
        baseline = ops.where(ops.isnan(old), means, old)
        policy = ops.convert_to_tensor(self.policy)
        step = policy_step(policy, chosen, returns, baseline, weights)
        self.policy.assign(
            projected(
                policy + self.policy_learning_rate * step, self.min_probability
            )
        )
        moved = RETURN_MOMENTUM * baseline + (1 - RETURN_MOMENTUM) * means
        self.baseline.assign(ops.where(ops.isnan(means), old, moved))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "reward": self.reward,
            "collaboration": self.collaboration,
            "policy_learning_rate": self.policy_learning_rate,
            "min_probability": self.min_probability,
            "co_training_rate": self.co_training_rate,
            "seed": self.seed,
        }

    def _one_hot(self, choices: Tensor) -> Tensor:
        num_experts = self.experts[0].num_experts
        return ops.one_hot(choices, num_experts, dtype="float32")

    @staticmethod
    def _num_copies(num_tasks: int, num_experts: int) -> int:
        return max(num_tasks, num_experts)

    def _probs(self) -> np.ndarray:
        probs: np.ndarray = ops.convert_to_numpy(self.policy)
        return probs

    def _chosen(self) -> dict[str, list[list[int]]]:
        best: np.ndarray = ops.convert_to_numpy(self.policy).argmax(axis=-1)
        return {
            task: [[index] for index in best[:, i].tolist()]
            for i, task in enumerate(self.tasks)
        }
