"""Weights of losses from the noise of the tasks.

With `s_t = log sigma_t^2`:

    regression      w_t = exp(-s_t) / 2,  L = sum_t w_t L_t + s_t / 2
    classification  w_t = exp(-s_t),      L = sum_t w_t L_t + s_t / 2
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.balancing.loss_balancing import LossBalancing
from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.types import Config
from mtnas_tf.types import Optimizer
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class UncertaintyWeighting(LossBalancing):
    """Learns the variance of the noise in each task's labels.

    A task's loss is divided by its variance: `w_t = exp(-s_t)`, half of that
    for a regression. The log-variances descend

        sum_t w_t L_t + s_t / 2,

    which has its minimum where `exp(s_t)` is the loss of a regression, and
    twice the loss of another task.

    Differs from the paper in that the log-variances have an optimizer of their
    own, so that the weight decay and the clipping of the model's leave them
    alone, and in that a task without labels in a batch keeps its log-variance.

    Args:
        optimizer: of the log-variances. Defaults to `None`,
            `keras.optimizers.Adam(1e-3)`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> tasks = [mt.data.TaskSpec(name=name) for name in ("click", "buy")]
    >>> balancing = UncertaintyWeighting()
    >>> balancing.build(tasks, num_variables=0)
    >>> np.asarray(balancing.weights(np.array([0.7, 0.1], "f"))).tolist()
    [1.0, 1.0]
    >>> [round(float(s), 3) for s in balancing.log_variances.numpy()]
    [0.001, -0.001]

    Reference:
    - [Kendall et al., 2018](https://arxiv.org/abs/1705.07115), equations 7
      and 10.
    """

    def __init__(self, optimizer: Optimizer = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.optimizer = keras.optimizers.get(
            optimizer or keras.optimizers.Adam(1e-3)
        )

    def build(self, tasks: Sequence[TaskSpec], num_variables: int) -> None:
        super().build(tasks, num_variables)
        self.log_variances = self.add_weight(
            shape=(len(tasks),), initializer="zeros", name="log_variances"
        )
        self.optimizer.build([self.log_variances])

    def weights(self, losses: Tensor) -> Tensor:
        kinds = [task.kind for task in self.tasks]
        factors = ops.array([0.5 if k == "regression" else 1.0 for k in kinds])
        weights = factors * ops.exp(-self.log_variances)
        gradient = 0.5 - weights * losses
        gradient = ops.where(losses > 0, gradient, 0.0)
        self.optimizer.apply([gradient], [self.log_variances])
        return weights

    def get_config(self) -> Config:
        optimizer = keras.optimizers.serialize(self.optimizer)
        return {**super().get_config(), "optimizer": optimizer}
