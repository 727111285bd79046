"""Mean squared error of a task with missing labels."""

import keras
from keras import ops

from mtnas_tf.metrics.masked_mean import MaskedMean
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MeanSquaredError(MaskedMean):
    """Mean squared error over the observed labels.

    The weighted mean over the rows whose label is not NaN; NaN without any.

    Args:
        name: string. Name of the metric. Defaults to `"mse"`.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, NaN where missing.
        y_pred: `(batch,)` or `(batch, 1)`.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.

    Example:
    >>> float(MeanSquaredError()([2.0, float("nan")], [5.0, 0.0]))
    9.0
    """

    def __init__(self, name: str = "mse") -> None:
        super().__init__(name=name)

    def values(self, labels: Tensor, predictions: Tensor) -> Tensor:
        return ops.square(predictions - labels)
