"""Scores of networks in the middle of a training."""

from collections.abc import Iterable
from typing import Any

import keras

from mtnas_tf.data import MultiTaskData
from mtnas_tf.search.candidates import validation_score


class Watch(keras.callbacks.Callback):
    """Scores all networks of a population after some steps, and stops.

    Args:
        data: `MultiTaskData`.
        steps: ints > 0, after which to score; the training ends with the last.
    """

    def __init__(self, data: MultiTaskData, steps: Iterable[int]) -> None:
        super().__init__()
        self.data = data
        self.steps = set(steps)
        self.found: dict[int, list[float]] = {}

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        step = batch + 1
        if step in self.steps:
            metrics = self.model.evaluate_each(self.data.valid)
            tasks = self.data.schema.tasks
            self.found[step] = [validation_score(tasks, m) for m in metrics]
        if step == max(self.steps):
            self.model.stop_training = True
