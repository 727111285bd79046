"""Weights of losses under which all tasks learn at one rate."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_at_least
from mtnas_tf.balancing.gradient_balancing import GradientBalancing
from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.types import Config
from mtnas_tf.types import Optimizer
from mtnas_tf.types import Tensor

LEAST = 1e-4  # weight of a task


@keras.saving.register_keras_serializable(package="mtnas_tf")
class GradNorm(GradientBalancing):
    """Learns weights of the losses from the norms of their gradients.

    A task that has learned less than the others should have a larger gradient.
    With `G_t = w_t |g_t|`, `L_t(0)` the first loss and all means over tasks,
    the weights descend

        sum_t |G_t - mean(G) r_t^alpha|,  r_t = l_t / mean(l),
        l_t = L_t / L_t(0),

    in which the target is constant, and are then scaled to sum to the number of
    tasks. They weigh all gradients of a task, those of its tower too.

    Differs from the paper in the weights whose gradients are measured: all that
    tasks share, not those of the last shared layer. A task without labels in a
    batch is left out of the means, and no weight falls below 1e-4.

    Args:
        alpha: float >= 0. How strongly tasks are pulled to one rate. Defaults
            to `1.5`.
        optimizer: of the weights. Defaults to `None`,
            `keras.optimizers.Adam(0.025)`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> tasks = [mt.data.TaskSpec(name=name) for name in ("click", "buy")]
    >>> balancing = GradNorm(optimizer=keras.optimizers.SGD(0.1))
    >>> balancing.build(tasks, num_variables=0)
    >>> products = np.array([[4.0, 0.0], [0.0, 1.0]], "f")
    >>> _ = balancing.coefficients(products, np.array([0.7, 0.1], "f"))
    >>> [round(float(w), 3) for w in balancing.task_weights.numpy()]
    [0.842, 1.158]

    Reference:
    - [Chen et al., 2018](https://arxiv.org/abs/1711.02257), equations 1 and 2,
      algorithm 1.
    """

    weighs_own = True

    def __init__(
        self,
        alpha: float = 1.5,
        optimizer: Optimizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_at_least(0, alpha=alpha)
        self.alpha = alpha
        self.optimizer = keras.optimizers.get(
            optimizer or keras.optimizers.Adam(0.025)
        )

    def build(self, tasks: Sequence[TaskSpec], num_variables: int) -> None:
        super().build(tasks, num_variables)
        self.task_weights = self.add_weight(
            shape=(len(tasks),), initializer="ones", name="task_weights"
        )
        self.first_losses = self.add_weight(
            shape=(len(tasks),),
            initializer="zeros",
            trainable=False,
            name="first_losses",
        )
        self.optimizer.build([self.task_weights])

    def coefficients(self, products: Tensor, losses: Tensor) -> Tensor:
        used = ops.copy(self.task_weights)
        known = self.first_losses > 0
        first = ops.where(known, self.first_losses, losses)
        self.first_losses.assign(first)
        norms = ops.sqrt(ops.diagonal(products))
        is_seen = ops.logical_and(norms > 0, first > 0)
        ratios = losses / ops.where(is_seen, first, 1.0)
        rates = ratios / ops.maximum(_mean(ratios, is_seen), 1e-30)
        weighted = used * norms
        targets = _mean(weighted, is_seen) * rates**self.alpha
        gradient = norms * ops.sign(weighted - targets)
        gradient = ops.where(is_seen, gradient, 0.0)
        self.optimizer.apply([gradient], [self.task_weights])
        learned = ops.maximum(self.task_weights, LEAST)
        self.task_weights.assign(self.num_tasks * learned / ops.sum(learned))
        return used

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "alpha": self.alpha,
            "optimizer": keras.optimizers.serialize(self.optimizer),
        }


def _mean(values: Tensor, is_counted: Tensor) -> Tensor:
    count = ops.sum(ops.cast(is_counted, values.dtype))
    total = ops.sum(ops.where(is_counted, values, 0.0))
    return total / ops.maximum(count, 1.0)
