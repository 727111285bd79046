"""Ties the order of rows to the number of the epoch."""

from typing import Any

import keras

from mtnas_tf.data import MultiTaskData


class EpochOrder(keras.callbacks.Callback):
    """Makes every epoch read the rows in the order of its own number.

    A training resumed at an epoch then reads the same rows as without the
    interruption.

    Args:
        data: `MultiTaskData` that is trained on.
    """

    def __init__(self, data: MultiTaskData) -> None:
        super().__init__()
        self.data = data

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.data.seek(epoch)
