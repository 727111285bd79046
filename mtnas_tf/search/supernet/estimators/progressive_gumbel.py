"""Gumbel softmax mixtures, whose blocks are frozen one after the other."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_ints
from mtnas_tf.layers import RoutePolicy
from mtnas_tf.layers.route_policy import PINNED_LOGIT
from mtnas_tf.models.supernet_model import SupernetModel
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.search.supernet.estimators.gumbel_softmax import GumbelSoftmax
from mtnas_tf.search.supernet.reward_batch import RewardBatch
from mtnas_tf.search.supernet.softmax_gradient import softmax_gradient
from mtnas_tf.types import Config
from mtnas_tf.types import Optimizer
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class ProgressiveGumbel(GumbelSoftmax):
    """Mixtures drawn by Gumbel noise, until block after block is frozen.

    With noise G a block mixes its local routes by
    `softmax((logits + G) / temperature)`, which trains both the weights and the
    logits; `GumbelSoftmax` runs the largest alone. The temperature falls
    geometrically. Before the first step of the logits, while a search warms up,
    all local routes are averaged.

    After `freezing_start` steps of the logits, and again after every
    `freezing_steps`, the block that is surest of its local route (of the least
    entropy, as a share of the largest possible) takes it for good. What is left
    learns beside what is frozen, and at last the weights train on one route.

    Args:
        initial_temperature: float > 0. Defaults to `5.0`.
        final_temperature: float > 0. Defaults to `0.5`.
        annealing_steps: int > 0. Steps from the initial to the final
            temperature. Defaults to `500`.
        freezing_start: int >= 0. Defaults to `250`.
        freezing_steps: int > 0. Defaults to `50`.
        learning_rate: float > 0. Of Adam. Defaults to `1e-2`.
        weight_decay: float >= 0. Coupled L2 of the logits. Defaults to `5e-4`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> estimator = ProgressiveGumbel(freezing_start=100)
    >>> estimator.get_config()["freezing_start"]
    100
    >>> search.compile(estimator=estimator)  # doctest: +SKIP

    References:
    - [Zhang et al., 2022](https://arxiv.org/abs/2110.13076), of the mixtures,
      with the learning rate, decay and initial temperature of [their
      code](https://github.com/zhanglijun95/AutoMTL).
    - [Jiang et al., 2024](https://github.com/PasaLab/AutoMTL), of freezing the
      operations of least entropy.
    """

    def __init__(
        self,
        initial_temperature: float = 5.0,
        final_temperature: float = 0.5,
        annealing_steps: int = 500,
        freezing_start: int = 250,
        freezing_steps: int = 50,
        learning_rate: float = 1e-2,
        weight_decay: float = 5e-4,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            initial_temperature,
            final_temperature,
            annealing_steps,
            learning_rate,
            **kwargs,
        )
        check_ints(0, freezing_start=freezing_start)
        check_ints(freezing_steps=freezing_steps)
        check_at_least(0, weight_decay=weight_decay)
        self.freezing_start = freezing_start
        self.freezing_steps = freezing_steps
        self.weight_decay = weight_decay

    def build(self, num_tasks: int) -> None:
        self.num_steps = self.add_weight(
            shape=(),
            initializer="zeros",
            trainable=False,
            autocast=False,
            dtype="float32",
            name="num_steps",
        )

    def default_optimizer(self) -> Optimizer:
        return SparseAdam(self.learning_rate, weight_decay=self.weight_decay)

    def is_frozen(self, policy: RoutePolicy) -> Tensor:
        """Whether a block has taken a local route for good: `(blocks,)`."""
        return ops.max(policy.logits, axis=-1) >= PINNED_LOGIT

    def step(
        self,
        policy: RoutePolicy,
        draw: Tensor,
        batch: RewardBatch,
        optimizer: Optimizer,
    ) -> tuple[Tensor, Tensor]:
        frozen = self.is_frozen(policy)
        result = super().step(policy, draw, batch, optimizer)
        self.num_steps.assign_add(1.0)
        best = ops.argmax(policy.masked_logits(), axis=-1)
        pinned = PINNED_LOGIT * policy.one_hot(best)
        # The optimizer's momentum has moved logits that were frozen before.
        frozen = frozen | self._is_next(policy, frozen)
        logits = ops.where(frozen[:, None], pinned, policy.logits)
        policy.logits.assign(logits)
        return result

    def gradient(
        self,
        policy: RoutePolicy,
        draw: Tensor,
        batch: RewardBatch,
        iteration: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        temperature = self.temperature(iteration)
        mixture = self._mixture(policy, draw, temperature)
        slope, rewards, is_defined = batch.slope(mixture)
        gradient = softmax_gradient(mixture, slope) / temperature
        return gradient, rewards, is_defined

    def training_logits(
        self, supernet: SupernetModel, root: Tensor, draw: Tensor
    ) -> TaskTensors:
        policy = supernet.policy
        temperature = self.temperature(self.num_steps)
        mixture = self._mixture(policy, draw, temperature)
        is_choice = ops.cast(policy.is_choice, "float32")
        mean = is_choice / ops.sum(is_choice, axis=-1, keepdims=True)
        mixture = ops.where(self.num_steps > 0, mixture, mean)
        return supernet.root_mixture_logits(root, mixture[None], training=True)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "freezing_start": self.freezing_start,
            "freezing_steps": self.freezing_steps,
            "weight_decay": self.weight_decay,
        }

    def _mixture(
        self, policy: RoutePolicy, draw: Tensor, temperature: Tensor
    ) -> Tensor:
        """Weights of the local routes of every block: `(blocks, choices)`."""
        best = ops.argmax(policy.masked_logits(), axis=-1)
        relaxed = ops.softmax(draw[0] / temperature)
        frozen = self.is_frozen(policy)[:, None]
        return ops.where(frozen, policy.one_hot(best), relaxed)

    def _is_next(self, policy: RoutePolicy, frozen: Tensor) -> Tensor:
        """Whether it is time to freeze, and the block is the surest one."""
        steps = self.num_steps - self.freezing_start
        is_time = (steps >= 0) & (steps % self.freezing_steps == 0)
        largest = ops.log(ops.convert_to_tensor(policy.num_choices, "float32"))
        doubt = policy.entropy() / ops.maximum(largest, 1e-6)
        doubt = ops.where(frozen, float("inf"), doubt)
        is_next = ops.arange(len(policy.num_choices)) == ops.argmin(doubt)
        return is_next & ~frozen & is_time
