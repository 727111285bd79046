"""Weights of losses that let all fall by the same factor."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_at_least
from mtnas_tf.balancing.loss_balancing import LossBalancing
from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.types import Config
from mtnas_tf.types import Optimizer
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class FAMO(LossBalancing):
    """Fast adaptive multitask optimization, without gradients of tasks.

    With `z = softmax(x)` of logits `x`, a step descends the logarithms of the
    losses,

        w_t = c z_t / L_t,  c = 1 / sum_t (z_t / L_t),

    and then, with `L'` the losses on the same batch after the step, the logits
    descend by

        sum_t dz_t/dx (log L_t - log L'_t) + decay * x:

    a task that fell faster than others weighs less in the next step. One
    forward pass more than plain training, whatever the number of tasks. All
    losses must be positive, with 0 as the least.

    Differs from the paper in that a task without labels in a batch is left out
    of the step.

    Args:
        decay: float >= 0. Of the logits. Defaults to `1e-3`.
        optimizer: of the logits. Defaults to `None`,
            `keras.optimizers.Adam(0.025)`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> tasks = [mt.data.TaskSpec(name=name) for name in ("click", "buy")]
    >>> balancing = FAMO()
    >>> balancing.build(tasks, num_variables=0)
    >>> weights = balancing.weights(np.array([0.75, 0.25], "f"))
    >>> [round(float(weight), 4) for weight in weights]
    [0.25, 0.75]

    Reference:
    - [Liu et al., 2023](https://arxiv.org/abs/2306.03792), algorithm 1 and
      equation 9; values of the authors' code.
    """

    needs_losses_after = True

    def __init__(
        self,
        decay: float = 1e-3,
        optimizer: Optimizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_at_least(0, decay=decay)
        self.decay = decay
        self.optimizer = keras.optimizers.get(
            optimizer or keras.optimizers.Adam(0.025)
        )

    def build(self, tasks: Sequence[TaskSpec], num_variables: int) -> None:
        super().build(tasks, num_variables)
        shape = (len(tasks),)
        self.logits = self.add_weight(
            shape=shape, initializer="zeros", name="logits"
        )
        self.optimizer.build([self.logits])

    def weights(self, losses: Tensor) -> Tensor:
        is_seen = losses > 0
        shares = ops.softmax(self.logits) / ops.where(is_seen, losses, 1.0)
        shares = ops.where(is_seen, shares, 0.0)
        return shares / ops.maximum(ops.sum(shares), 1e-30)

    def observe(self, losses: Tensor, losses_after: Tensor) -> None:
        is_seen = ops.logical_and(losses > 0, losses_after > 0)
        ratios = ops.where(is_seen, losses, 1.0) / ops.where(
            is_seen, losses_after, 1.0
        )
        falls, probs = ops.log(ratios), ops.softmax(self.logits)
        gradient = probs * (falls - ops.sum(probs * falls))
        gradient += self.decay * self.logits
        self.optimizer.apply([gradient], [self.logits])

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "decay": self.decay,
            "optimizer": keras.optimizers.serialize(self.optimizer),
        }
