"""Weights of losses from how fast they fall.

r_t = L_t(e - 1) / L_t(e - 2),  w = T softmax(r / temperature)
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_positive
from mtnas_tf.balancing.loss_balancing import LossBalancing
from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.types import Config
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class DWA(LossBalancing):
    """Dynamic weight average: the slower a task learns, the more it weighs.

    Weights change from epoch to epoch. In epoch `e` they follow from the mean
    losses of the two epochs before,

        w = T softmax(r / temperature),  r_t = L_t(e - 1) / L_t(e - 2),

    and are 1 in the first two. `fit` tells the end of an epoch; a loop of
    one's own calls `end_epoch`.

    Args:
        temperature: float > 0. The higher, the more alike are the weights.
            Defaults to `2.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> tasks = [mt.data.TaskSpec(name=name) for name in ("click", "buy")]
    >>> balancing = DWA(temperature=0.5)
    >>> balancing.build(tasks, num_variables=0)
    >>> for losses in ([1.0, 1.0], [1.0, 0.5]):
    ...     _ = balancing.weights(np.array(losses, "f"))
    ...     balancing.end_epoch()
    >>> [round(float(weight), 2) for weight in balancing.task_weights.numpy()]
    [1.46, 0.54]

    Reference:
    - [Liu et al., 2019](https://arxiv.org/abs/1803.10704), equation 7.
    """

    def __init__(self, temperature: float = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive(temperature=temperature)
        self.temperature = temperature

    def build(self, tasks: Sequence[TaskSpec], num_variables: int) -> None:
        super().build(tasks, num_variables)
        self.sums, self.counts, self.last_losses = (
            self._state(name, "zeros")
            for name in ("sums", "counts", "last_losses")
        )
        self.task_weights = self._state("task_weights", "ones")

    def weights(self, losses: Tensor) -> Tensor:
        # A task has the loss 0 in a batch without its labels.
        self.sums.assign_add(losses)
        self.counts.assign_add(ops.cast(losses > 0, "float32"))
        return ops.convert_to_tensor(self.task_weights)

    def end_epoch(self) -> None:
        mean = self.sums / ops.maximum(self.counts, 1)
        last = ops.convert_to_tensor(self.last_losses)
        is_known = ops.logical_and(last > 0, mean > 0)
        ratios = ops.where(is_known, mean / ops.where(is_known, last, 1), 1.0)
        self.task_weights.assign(
            self.num_tasks * ops.softmax(ratios / self.temperature)
        )
        self.last_losses.assign(mean)
        for sums in (self.sums, self.counts):
            sums.assign(ops.zeros_like(sums))

    def get_config(self) -> Config:
        return {**super().get_config(), "temperature": self.temperature}

    def _state(self, name: str, initializer: str) -> keras.Variable:
        return self.add_weight(
            shape=(self.num_tasks,),
            initializer=initializer,
            trainable=False,
            name=name,
        )
