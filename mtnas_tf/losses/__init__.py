"""Losses that leave out rows with a missing label."""

from mtnas_tf.losses.masked_binary_crossentropy import MaskedBinaryCrossentropy
from mtnas_tf.losses.masked_categorical_crossentropy import (
    MaskedCategoricalCrossentropy,
)
from mtnas_tf.losses.masked_mean_squared_error import MaskedMeanSquaredError
from mtnas_tf.losses.task_loss import loss_for

__all__ = [
    "MaskedBinaryCrossentropy",
    "MaskedCategoricalCrossentropy",
    "MaskedMeanSquaredError",
    "loss_for",
]
