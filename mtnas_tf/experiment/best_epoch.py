"""Early stopping that keeps the best weights."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from mtnas_tf.experiment.run_directory import whole_file


class BestEpoch(keras.callbacks.EarlyStopping):
    """Keeps the weights of the epoch that is best on validation.

    Args:
        patience: int >= 0. The training ends when no epoch has been better for
            this many epochs.
        path: file for the best epoch while the training lasts, so that one
            resumed from a checkpoint knows the epochs before it. Defaults to
            `None`, no file.
        monitor: string. What tells which epoch is better. Defaults to
            `"val_loss"`.
        mode: `"min"` if less of it is better, else `"max"`. Defaults to
            `"min"`.
    """

    def __init__(
        self,
        patience: int,
        path: Path | None = None,
        monitor: str = "val_loss",
        mode: str = "min",
    ) -> None:
        super().__init__(
            monitor, mode=mode, patience=patience, restore_best_weights=True
        )
        self.path = path
        self.last_epoch = -1

    def on_train_begin(self, logs: Any = None) -> None:
        super().on_train_begin(logs)
        self.last_epoch = -1
        if self.path is not None and self.path.is_file():
            self._load(self.path)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch <= self.last_epoch:  # seen, but not in the checkpoint yet
            return
        super().on_epoch_end(epoch, logs)
        self.last_epoch = epoch
        if self.path is not None:
            self._save(self.path)

    def on_train_end(self, logs: Any = None) -> None:
        super().on_train_end(logs)
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _save(self, path: Path) -> None:
        state = [self.last_epoch, self.best_epoch, self.wait, self.best]
        with whole_file(path) as beside, beside.open("wb") as file:
            np.savez(file, np.array(state, np.float64), *self.best_weights)

    def _load(self, path: Path) -> None:
        with np.load(path) as arrays:
            state, *self.best_weights = (arrays[name] for name in arrays)
        self.last_epoch, self.best_epoch, self.wait = map(int, state[:3])
        self.best = float(state[3])
