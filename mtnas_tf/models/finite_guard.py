"""Stops a training as soon as a number in its logs is not finite."""

import math

import keras

from mtnas_tf.types import Logs

WATCHED = ("loss", "reward", "entropy")


class FiniteGuard(keras.callbacks.Callback):
    """Raises `FloatingPointError` on a NaN or infinite loss, reward or entropy.

    Other metrics may be NaN: they are undefined until labels were seen.

    `keras.callbacks.TerminateOnNaN` ends `fit` without an error. This one names
    the number and the step, and nothing is saved after it.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.SharedBottom(data.schema)
    >>> model.compile(keras.optimizers.SGD(1e30))
    >>> model.fit(data.train, verbose=0, callbacks=[mt.models.FiniteGuard()])
    Traceback (most recent call last):
    ...
    FloatingPointError: `loss` is ... after batch ...
    """

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        for name in WATCHED:
            value = float((logs or {}).get(name, 0.0))
            if not math.isfinite(value):
                raise FloatingPointError(
                    f"`{name}` is {value} after batch {batch} of the "
                    "epoch: training diverged. A smaller learning rate, or a "
                    "look at the input values, usually helps."
                )
