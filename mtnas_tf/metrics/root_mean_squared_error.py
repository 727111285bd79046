"""Root of the mean squared error of a task with missing labels."""

import keras
from keras import ops

from mtnas_tf.metrics.mean_squared_error import MeanSquaredError
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class RootMeanSquaredError(MeanSquaredError):
    """Root of the mean squared error over the observed labels.

    The root of the weighted mean over the rows whose label is not NaN; NaN
    without any.

    Args:
        name: string. Name of the metric. Defaults to `"rmse"`.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, NaN where missing.
        y_pred: `(batch,)` or `(batch, 1)`.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.

    Example:
    >>> float(RootMeanSquaredError()([2.0, float("nan")], [5.0, 0.0]))
    3.0
    """

    def __init__(self, name: str = "rmse") -> None:
        super().__init__(name=name)

    def result(self) -> Tensor:
        return ops.sqrt(super().result())
