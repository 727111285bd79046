"""Squared error of a regression task with missing labels."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.losses.masked_loss import MaskedLoss


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MaskedMeanSquaredError(MaskedLoss):
    """Mean squared error over the observed labels.

    The weighted mean over the rows whose label is not NaN; 0, with a zero
    gradient, when there is none. Computes in float32.

    Args:
        name: string. Name of the loss. Defaults to
            `"masked_mean_squared_error"`.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, NaN where missing.
        y_pred: `(batch,)` or `(batch, 1)`.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.

    Output shape:
        `()`.

    Example:
    >>> float(MaskedMeanSquaredError()([2.0, float("nan")], [5.0, 0.0]))
    9.0
    """

    def __init__(self, name: str = "masked_mean_squared_error") -> None:
        super().__init__(name=name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return ops.square(y_true - y_pred)
