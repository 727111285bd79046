"""DARTS: all local routes at once, weighted by their probabilities."""

from typing import Any

import keras

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.models.supernet_model import SupernetModel
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.search.supernet.estimators.estimator import Estimator
from mtnas_tf.search.supernet.reward_batch import RewardBatch
from mtnas_tf.search.supernet.softmax_gradient import softmax_gradient
from mtnas_tf.types import Config
from mtnas_tf.types import Optimizer
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class Mixture(Estimator):
    """Relaxes the choice to a mixture: `sum_a softmax(logits)_a o_a`.

    Both the weights and the logits get the gradient of the mixture's loss, the
    logits on the reward batch. This is the first-order variant: the logits use
    the present weights, not those after a step.

    Args:
        learning_rate: float > 0. Of Adam with betas 0.5 and 0.999. Defaults to
            `3e-4`.
        weight_decay: float >= 0. Coupled L2 of the logits. Defaults to `1e-3`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> estimator = Mixture(weight_decay=0.0)
    >>> estimator.get_config()["weight_decay"]
    0.0
    >>> search.compile(estimator=estimator)  # doctest: +SKIP

    Reference:
    - [Liu et al., 2019](https://arxiv.org/abs/1806.09055), DARTS, equations
      2-4 and section 2.3; defaults from appendix A.1.1.
    """

    def __init__(
        self,
        learning_rate: float = 3e-4,
        weight_decay: float = 1e-3,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay

    def default_optimizer(self) -> Optimizer:
        return SparseAdam(
            self.learning_rate, weight_decay=self.weight_decay, beta_1=0.5
        )

    def draw(self, policy: RoutePolicy) -> None:
        """Nothing is drawn."""

    def gradient(
        self,
        policy: RoutePolicy,
        draw: None,
        batch: RewardBatch,
        iteration: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        probs = policy.probs()
        slope, rewards, is_defined = batch.slope(probs)
        return softmax_gradient(probs, slope), rewards, is_defined

    def training_logits(
        self, supernet: SupernetModel, root: Tensor, draw: None
    ) -> TaskTensors:
        probs = supernet.policy.probs()
        return supernet.root_mixture_logits(root, probs[None], training=True)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "learning_rate": self.learning_rate,
            "weight_decay": self.weight_decay,
        }
