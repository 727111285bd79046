"""ProxylessNAS: compares two local routes of every block at a time."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.search.supernet.estimators.estimator import Estimator
from mtnas_tf.search.supernet.reward_batch import RewardBatch
from mtnas_tf.search.supernet.softmax_gradient import softmax_gradient
from mtnas_tf.types import Config
from mtnas_tf.types import Optimizer
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class TwoPath(Estimator):
    """Passes the gradient of binary gates on to two logits of every block.

    Two local routes of a block are drawn without replacement, and one of them
    by `g`, the softmax of their two logits. With the drawn one active, the loss
    on the reward batch has a slope `s_j` along each path j of the two, and

        dL/dlogit_i = sum_j s_j g_j ([i = j] - g_i).

    After the step the two logits are shifted, so that the step moves
    probability between these two alone. Another drawn route trains the weights.

    Logits start at zero, not at small random values as in the paper.

    Args:
        learning_rate: float > 0. Of Adam without momentum. Defaults to `1e-3`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> estimator = TwoPath(learning_rate=0.01)
    >>> estimator.get_config()["learning_rate"]
    0.01
    >>> search.compile(estimator=estimator)  # doctest: +SKIP

    Reference:
    - [Cai et al., 2019](https://arxiv.org/abs/1812.00332), ProxylessNAS,
      equation 4 and section 3.2.
    """

    def __init__(self, learning_rate: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.learning_rate = learning_rate

    def default_optimizer(self) -> Optimizer:
        # With momentum a step would move logits of earlier pairs.
        return keras.optimizers.Adam(self.learning_rate, beta_1=0.0)

    def draw(self, policy: RoutePolicy) -> Tensor:
        """The weights' route, then the active and the other path."""
        noisy = policy.perturbed_logits(3)
        first = ops.argmax(noisy[1], axis=-1)
        rest = ops.where(policy.one_hot(first) > 0, -2e9, noisy[1])
        second = ops.argmax(rest, axis=-1)
        pair = _is_of_pair(policy, ops.stack([first, second]))
        active = ops.argmax(ops.where(pair, noisy[2], -2e9), axis=-1)
        for_weights = ops.argmax(noisy[0], axis=-1)
        return ops.stack([for_weights, active, first + second - active])

    def step(
        self,
        policy: RoutePolicy,
        draw: Tensor,
        batch: RewardBatch,
        optimizer: Optimizer,
    ) -> tuple[Tensor, Tensor]:
        before = tf.identity(policy.logits)
        results = super().step(policy, draw, batch, optimizer)
        after = tf.identity(policy.logits)
        pair = _is_of_pair(policy, draw[1:])
        shift = _pair_mass(before, pair) - _pair_mass(after, pair)
        policy.logits.assign(ops.where(pair, after + shift, before))
        return results

    def gradient(
        self,
        policy: RoutePolicy,
        draw: Tensor,
        batch: RewardBatch,
        iteration: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        slope, rewards, is_defined = batch.slope(policy.one_hot(draw[1]))
        pair = _is_of_pair(policy, draw[1:])
        gates = ops.softmax(ops.where(pair, policy.masked_logits(), -2e9))
        return softmax_gradient(gates, slope), rewards, is_defined

    def get_config(self) -> Config:
        return {**super().get_config(), "learning_rate": self.learning_rate}


def _is_of_pair(policy: RoutePolicy, pair: Tensor) -> Tensor:
    """Int `(2, blocks)` -> bool `(blocks, choices)`."""
    return ops.any(policy.one_hot(pair) > 0, axis=0)


def _pair_mass(logits: Tensor, pair: Tensor) -> Tensor:
    """Logarithm of the two paths' share of the softmax, `(blocks, 1)`."""
    logits = ops.where(pair, logits, -2e9)
    return ops.logsumexp(logits, axis=-1, keepdims=True)
