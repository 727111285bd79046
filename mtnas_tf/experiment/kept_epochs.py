"""A training that is written down after every epoch, to go on from there."""

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import keras

from mtnas_tf.experiment.run_directory import whole_file
from mtnas_tf.experiment.run_directory import write_text

LOGS = "logs.json"
STATE = "epoch_{}.weights.h5"


class KeptEpochs(keras.callbacks.Callback):
    """Keeps the logs of all epochs, and the model's state after the last one.

    Unlike `keras.callbacks.BackupAndRestore` it tells before `fit` where a
    training stands, so that its data go on there as well, and has the logs of
    the epochs before. The state is that of the optimizer and of generators too.

    Args:
        folder: for the files while the training lasts. Defaults to `None`: the
            logs are kept in memory alone.

    Attributes:
        logs: list of the logs of each epoch, with `seconds` since the start.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self.folder = folder
        self.logs: list[dict[str, float]] = []
        self._seconds_before = 0.0
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds trained, those before an interruption included."""
        return self._seconds_before + time.perf_counter() - self._started

    def restore(self, model: keras.Model) -> int:
        """Loads what a training that was killed has left.

        Args:
            model: compiled `keras.Model`, not trained.

        Returns:
            The number of epochs that it has behind it.
        """
        if self.folder is None:
            return 0
        self.folder.mkdir(parents=True, exist_ok=True)
        numbers = [
            int(match[1])
            for path in self.folder.iterdir()
            if (match := re.fullmatch(STATE.format(r"(\d+)"), path.name))
        ]
        if not numbers:
            return 0
        number = max(numbers)
        text = (self.folder / LOGS).read_text(encoding="utf-8")
        self.logs = json.loads(text)[:number]
        self._seconds_before = self.logs[-1]["seconds"]
        model.load_weights(self.folder / STATE.format(number))
        return number

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        values = {name: float(value) for name, value in (logs or {}).items()}
        self.logs.append({**values, "seconds": self.seconds})
        if self.folder is None:
            return
        write_text(self.folder / LOGS, json.dumps(self.logs))
        with whole_file(self.folder / STATE.format(epoch + 1)) as beside:
            self.model.save_weights(beside)
        (self.folder / STATE.format(epoch)).unlink(missing_ok=True)

    def on_train_end(self, logs: Any = None) -> None:
        if self.folder is not None:
            shutil.rmtree(self.folder)
