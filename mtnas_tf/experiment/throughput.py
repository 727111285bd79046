"""Measures the speed of a training."""

import math
import time
from typing import Any

import keras


class Throughput(keras.callbacks.Callback):
    """Measures training steps, without compilation and validation.

    The first step of a training, which compiles, is left out.

    Attributes:
        step_seconds: float. Mean seconds per step; NaN after less than two.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 0.0
        self._steps = 0
        self._last: float | None = None
        self._is_compiled = False

    @property
    def step_seconds(self) -> float:
        return self._seconds / self._steps if self._steps else math.nan

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._last = time.perf_counter() if self._is_compiled else None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        now = time.perf_counter()
        if self._last is not None:
            self._seconds += now - self._last
            self._steps += 1
        self._last = now
        self._is_compiled = True
