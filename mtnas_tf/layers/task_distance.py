"""A penalty on how far apart the weights of tasks are."""

import keras
from keras import ops

from mtnas_tf.arguments import check_at_least
from mtnas_tf.types import Config
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class TaskDistance(keras.regularizers.Regularizer):
    """The squared distances of all pairs of tasks, added up.

        l2_weight * sum_{s < t} ||theta_s - theta_t||^2

    for a weight whose first axis has the tasks.

    Args:
        l2_weight: float >= 0.

    Example:
    >>> float(TaskDistance(0.5)(np.array([[1.0, 2.0], [1.0, 4.0]])))
    2.0
    """

    def __init__(self, l2_weight: float) -> None:
        check_at_least(0, l2_weight=l2_weight)
        self.l2_weight = l2_weight

    def __call__(self, x: Tensor) -> Tensor:
        # The same as over pairs, without their differences.
        apart = x - ops.mean(x, axis=0)
        return self.l2_weight * x.shape[0] * ops.sum(ops.square(apart))

    def get_config(self) -> Config:
        return {"l2_weight": self.l2_weight}
