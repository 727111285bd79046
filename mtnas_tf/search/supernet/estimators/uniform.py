"""A one-shot supernet, trained on all routes alike."""

import keras

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.search.supernet.estimators.estimator import Estimator
from mtnas_tf.search.supernet.reward_batch import RewardBatch
from mtnas_tf.types import Optimizer
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class Uniform(Estimator):
    """Trains the weights on uniformly drawn routes; no logit ever moves.

    The reward of the drawn route is only logged. A route is chosen afterwards,
    by `mtnas_tf.search.one_shot_search`.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> estimator = Uniform()
    >>> search.compile(estimator=estimator)  # doctest: +SKIP

    Reference:
    - [Guo et al., 2020](https://arxiv.org/abs/1904.00420), section 3: single
      path one-shot.
    """

    def default_optimizer(self) -> Optimizer:
        return keras.optimizers.SGD(0.0)  # has nothing to do

    def draw(self, policy: RoutePolicy) -> Tensor:
        return policy.sample_uniform(1)

    def step(
        self,
        policy: RoutePolicy,
        draw: Tensor,
        batch: RewardBatch,
        optimizer: Optimizer,
    ) -> tuple[Tensor, Tensor]:
        return batch.rewards(draw)
