"""Keeps who reads what after each epoch."""

import keras

from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Dataset
from mtnas_tf.types import Logs


class SharingMonitor(keras.callbacks.Callback):
    """Reads a model's sharing matrices after each epoch of `fit`.

    Args:
        batches: a `tf.data.Dataset`, see `MultiTaskModel.sharing`.
        steps: int. Batches to read. Defaults to all.

    Attributes:
        history: for each epoch a list of `SharingMatrix`, one a layer, as
            `mtnas_tf.plots.draw_sharing_history` draws them.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.MMoE(data.schema)
    >>> model.compile()
    >>> monitor = mt.models.SharingMonitor(data.valid, steps=1)
    >>> model.fit(data.train, callbacks=[monitor])  # doctest: +SKIP
    >>> mt.plots.draw_sharing_history(
    ...     monitor.history, "epochs.svg", "MMoE"
    ... )  # doctest: +SKIP
    """

    def __init__(self, batches: Dataset, steps: int | None = None) -> None:
        super().__init__()
        self.batches = batches
        self.steps = steps
        self.history: list[list[SharingMatrix]] = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.history.append(self.model.sharing(self.batches, self.steps))
