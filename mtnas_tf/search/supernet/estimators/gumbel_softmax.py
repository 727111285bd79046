"""Gumbel softmax: a drawn route with the gradient of its relaxation."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.models.supernet_model import SupernetModel
from mtnas_tf.search.supernet.estimators.estimator import Estimator
from mtnas_tf.search.supernet.reward_batch import RewardBatch
from mtnas_tf.search.supernet.softmax_gradient import softmax_gradient
from mtnas_tf.types import Config
from mtnas_tf.types import Optimizer
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class GumbelSoftmax(Estimator):
    """Straight-through gradient of routes drawn by Gumbel noise.

    With noise G a block takes route `argmax(logits + G)`, which trains the
    weights. The logits get the gradient of its loss on the reward batch as if
    it were `softmax((logits + G) / temperature)`; the temperature falls
    geometrically.

    Args:
        initial_temperature: float > 0. Defaults to `5.0`.
        final_temperature: float > 0. Defaults to `0.5`.
        annealing_steps: int > 0. Steps from the initial to the final
            temperature. Defaults to `1000`.
        learning_rate: float > 0. Of Adam. Defaults to `1e-2`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> estimator = GumbelSoftmax(annealing_steps=500)
    >>> estimator.get_config()["annealing_steps"]
    500
    >>> search.compile(estimator=estimator)  # doctest: +SKIP

    References:
    - [Jang et al., 2017](https://arxiv.org/abs/1611.01144), equation 2 and
      section 2.2.
    - [Guo et al., 2020](https://arxiv.org/abs/2006.01895), who search the
      branches of a multi-task network in this way.
    """

    def __init__(
        self,
        initial_temperature: float = 5.0,
        final_temperature: float = 0.5,
        annealing_steps: int = 1000,
        learning_rate: float = 1e-2,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if initial_temperature <= 0 or final_temperature <= 0:
            raise ValueError(
                "`initial_temperature` and `final_temperature` must be "
                "positive. Received: "
                f"initial_temperature={initial_temperature}, "
                f"final_temperature={final_temperature}"
            )
        if annealing_steps < 1:
            raise ValueError(
                "`annealing_steps` must be positive. "
                f"Received: annealing_steps={annealing_steps}"
            )
        self.initial_temperature = initial_temperature
        self.final_temperature = final_temperature
        self.annealing_steps = annealing_steps
        self.learning_rate = learning_rate

    def default_optimizer(self) -> Optimizer:
        return keras.optimizers.Adam(self.learning_rate)

    def draw(self, policy: RoutePolicy) -> Tensor:
        """Logits with noise, `(1, blocks, choices)`."""
        return policy.perturbed_logits(1)

    def temperature(self, iteration: Tensor) -> Tensor:
        """The temperature after some steps."""
        progress = ops.cast(iteration, "float32") / self.annealing_steps
        ratio = self.final_temperature / self.initial_temperature
        return self.initial_temperature * ratio ** ops.minimum(progress, 1.0)

    def gradient(
        self,
        policy: RoutePolicy,
        draw: Tensor,
        batch: RewardBatch,
        iteration: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        choices = ops.argmax(draw[0], axis=-1)
        slope, rewards, is_defined = batch.slope(policy.one_hot(choices))
        temperature = self.temperature(iteration)
        relaxed = ops.softmax(draw[0] / temperature)
        gradient = softmax_gradient(relaxed, slope) / temperature
        return gradient, rewards, is_defined

    def training_logits(
        self, supernet: SupernetModel, root: Tensor, draw: Tensor
    ) -> TaskTensors:
        choices = ops.argmax(draw, axis=-1)
        return super().training_logits(supernet, root, choices)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "initial_temperature": self.initial_temperature,
            "final_temperature": self.final_temperature,
            "annealing_steps": self.annealing_steps,
            "learning_rate": self.learning_rate,
        }
