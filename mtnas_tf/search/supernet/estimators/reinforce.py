"""REINFORCE: the score-function gradient from rewards of drawn routes."""

from typing import Any

import keras

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.search.supernet import reinforce
from mtnas_tf.search.supernet.estimators.estimator import Estimator
from mtnas_tf.search.supernet.reward_batch import RewardBatch
from mtnas_tf.types import Config
from mtnas_tf.types import Optimizer
from mtnas_tf.types import Tensor

BASELINES = ("moving_average", "leave_one_out")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class Reinforce(Estimator):
    """Rewards several routes drawn from the policy, on one batch.

    The first of them trains the weights. The reward may be any function; see
    `mtnas_tf.search.supernet.reinforce` for the equations.

    Args:
        num_routes: int > 0. Routes drawn and rewarded in a step. Defaults to
            `8`.
        baseline: `"moving_average"` of past rewards (the paper's), or
            `"leave_one_out"`: the mean over the other routes of the step, which
            share the batch and so its noise. Defaults to `"leave_one_out"`.
        baseline_decay: float in [0, 1). Of the moving average. Defaults to
            `0.95`.
        normalize: bool. Whether to divide advantages by their standard
            deviation over the step's routes: without it, only some blocks of
            Book-Crossing settle in one pass. Defaults to `True`.
        entropy_weight: float >= 0. Of the blocks' entropies, added to the
            reward. Defaults to `0.0`.
        entropy_steps: int > 0. Steps in which that weight goes to 0, linearly.
            Defaults to `1000`.
        learning_rate: float > 0. Of Adam. Defaults to `0.2`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> estimator = Reinforce(num_routes=4)
    >>> estimator.get_config()["num_routes"]
    4
    >>> search.compile(estimator=estimator)  # doctest: +SKIP

    References:
    - [Williams, 1992](https://doi.org/10.1007/BF00992696).
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), equation 5.
    - [Kool et al., 2019](https://openreview.net/forum?id=r1lgTGL5DE), the
      leave-one-out baseline.
    """

    def __init__(
        self,
        num_routes: int = 8,
        baseline: str = "leave_one_out",
        baseline_decay: float = 0.95,
        normalize: bool = True,
        entropy_weight: float = 0.0,
        entropy_steps: int = 1000,
        learning_rate: float = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if baseline not in BASELINES:
            raise ValueError(
                f"`baseline` must be one of {BASELINES}. "
                f"Received: baseline={baseline!r}"
            )
        if not 0 <= baseline_decay < 1:
            raise ValueError(
                "`baseline_decay` must lie in [0, 1). "
                f"Received: baseline_decay={baseline_decay}"
            )
        least = 2 if normalize or baseline == "leave_one_out" else 1
        if num_routes < least:
            raise ValueError(
                f"`num_routes` must be at least {least} for baseline "
                f"{baseline!r} and normalize={normalize}. "
                f"Received: num_routes={num_routes}"
            )
        if entropy_weight < 0 or entropy_steps < 1:
            raise ValueError(
                "`entropy_weight` must not be negative, `entropy_steps` must "
                f"be positive. Received: entropy_weight={entropy_weight}, "
                f"entropy_steps={entropy_steps}"
            )
        self.num_routes = num_routes
        self.baseline = baseline
        self.baseline_decay = baseline_decay
        self.normalize = normalize
        self.entropy_weight = entropy_weight
        self.entropy_steps = entropy_steps
        self.learning_rate = learning_rate

    @classmethod
    def paper(cls, learning_rate: float = 1e-2) -> "Reinforce":
        """The estimator of Chen et al.: one route a step, a moving average."""
        return cls(
            num_routes=1,
            baseline="moving_average",
            normalize=False,
            learning_rate=learning_rate,
        )

    def build(self, num_tasks: int) -> None:
        if self.baseline == "moving_average":
            # Average reward of each task so far, NaN before the first.
            self.baseline_rewards = self.add_weight(
                shape=(num_tasks,),
                initializer=keras.initializers.Constant(float("nan")),
                trainable=False,
                autocast=False,
                dtype="float32",
                name="baseline_rewards",
            )

    def default_optimizer(self) -> Optimizer:
        return keras.optimizers.Adam(self.learning_rate)

    def draw(self, policy: RoutePolicy) -> Tensor:
        return policy.sample(self.num_routes)

    def gradient(
        self,
        policy: RoutePolicy,
        draw: Tensor,
        batch: RewardBatch,
        iteration: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        rewards, is_defined = batch.rewards(draw)
        advantages = self._advantages(rewards, is_defined)
        if self.normalize:
            advantages = reinforce.normalized(advantages)
        probs = policy.probs()
        gradient = reinforce.policy_gradient(
            probs, policy.one_hot(draw), advantages
        )
        if self.entropy_weight:
            weight = keras.optimizers.schedules.PolynomialDecay(
                self.entropy_weight, self.entropy_steps, end_learning_rate=0.0
            )
            entropy_gradient = reinforce.entropy_gradient(probs)
            gradient = gradient + weight(iteration) * entropy_gradient
        return gradient, rewards, is_defined

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_routes": self.num_routes,
            "baseline": self.baseline,
            "baseline_decay": self.baseline_decay,
            "normalize": self.normalize,
            "entropy_weight": self.entropy_weight,
            "entropy_steps": self.entropy_steps,
            "learning_rate": self.learning_rate,
        }

    def _advantages(self, rewards: Tensor, is_defined: Tensor) -> Tensor:
        if self.baseline == "leave_one_out":
            return reinforce.leave_one_out_advantages(rewards, is_defined)
        baseline = self.baseline_rewards
        advantages = reinforce.moving_average_advantages(
            rewards, is_defined, baseline
        )
        # The advantage is taken before its reward enters the baseline.
        baseline.assign(
            reinforce.updated_moving_average(
                rewards, is_defined, baseline, self.baseline_decay
            )
        )
        return advantages
