"""Base of all estimators."""

from typing import Any

import keras

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.models.supernet_model import SupernetModel
from mtnas_tf.search.supernet.reward_batch import RewardBatch
from mtnas_tf.types import Optimizer
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor

Draw = Any  # the draws of an estimator for one step


class Estimator(keras.layers.Layer):
    """Learns the route logits, and chooses the routes that train the weights.

    A step of a search calls `draw`, then `step` (not while it warms up), then
    `training_logits`. A subclass defines `default_optimizer` and `gradient`,
    and may override the rest. State that must be saved with a search is a
    weight, created in `build`.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> estimator = mt.search.estimators.Reinforce()
    >>> isinstance(estimator, Estimator)
    True
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def build(self, num_tasks: int) -> None:
        """Creates the state."""

    def default_optimizer(self) -> Optimizer:
        """A new optimizer of the route logits."""
        raise NotImplementedError

    def draw(self, policy: RoutePolicy) -> Draw:
        """Routes of a step: int `(routes, blocks)`, unless overridden."""
        return policy.sample(1)

    def step(
        self,
        policy: RoutePolicy,
        draw: Draw,
        batch: RewardBatch,
        optimizer: Optimizer,
    ) -> tuple[Tensor, Tensor]:
        """One step of the route logits; no weight of the supernet changes.

        Args:
            policy: the policy that owns the logits.
            draw: the result of `draw`.
            batch: `RewardBatch` that scores routes.
            optimizer: of the logits.

        Returns:
            `(rewards, is_defined)`: `(tasks, routes)` and bool `(tasks,)`.
        """
        gradient, rewards, is_defined = self.gradient(
            policy, draw, batch, optimizer.iterations
        )
        optimizer.apply([gradient], [policy.logits])
        return rewards, is_defined

    def gradient(
        self,
        policy: RoutePolicy,
        draw: Draw,
        batch: RewardBatch,
        iteration: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Gradient of the route logits, to be descended.

        Args:
            policy: the policy that owns the logits.
            draw: the result of `draw`.
            batch: `RewardBatch` that scores routes.
            iteration: int. Steps of the logits taken so far.

        Returns:
            `(gradient, rewards, is_defined)`: `(blocks, choices)`, `(tasks,
            routes)` and bool `(tasks,)`.
        """
        raise NotImplementedError

    def training_logits(
        self, supernet: SupernetModel, root: Tensor, draw: Draw
    ) -> TaskTensors:
        """Logits that train the weights: by default of the first route drawn.

        Args:
            supernet: the supernet.
            root: `(batch, root_units)`: the training batch's root feature.
            draw: the result of `draw`.

        Returns:
            dict task name -> logits of one route, see
            `SupernetModel.route_logits`.
        """
        return supernet.root_route_logits(root, draw[:1], training=True)
