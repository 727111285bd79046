"""Stops a training as soon as a number in its logs is not finite."""

import math
from typing import Any

import keras


class FiniteGuard(keras.callbacks.Callback):
    """Raises `FloatingPointError` on a NaN or infinite loss or reward.

    `keras.callbacks.TerminateOnNaN` ends `fit` as if all were well; here the
    error names the number and the step, and nothing is saved after it.
    """

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        for name, value in (logs or {}).items():
            if not math.isfinite(float(value)):
                raise FloatingPointError(
                    f"`{name}` is {float(value)} after batch {batch} of the "
                    "epoch: training diverged. A smaller learning rate, or a "
                    "look at the input values, usually helps."
                )
