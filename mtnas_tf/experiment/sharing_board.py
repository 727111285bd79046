"""Shows in TensorBoard what tasks share, and how each fares."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from mtnas_preprocessing import local_path
from mtnas_tf.models.result_keys import result_keys
from mtnas_tf.plots import draw_route
from mtnas_tf.plots import draw_sharing
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Dataset

WRITERS = {"train": "", "validation": "val_"}  # prefix of the logs' keys


class SharingBoard(keras.callbacks.Callback):
    """Writes for TensorBoard after each epoch of `fit`.

    - Metrics of every task, `<metric>/<task>`: tasks side by side, training and
      validation in one chart.
    - Where a model's `sharing` tells who reads what: its picture, and for each
      layer a histogram of the weights and each reader's entropy in nats, which
      is 0 where it reads one source alone.
    - Of a model that has a route, such as a `SearchModel` or a
      `SparseRouteModel`, its drawing, whenever it has changed; of a search, for
      each block a histogram of the probabilities of its choices.

    Beside `keras.callbacks.TensorBoard`, in the same folder or another.

    Args:
        log_dir: folder to write to.
        batches: a `tf.data.Dataset` on which gates are read, see
            `MultiTaskModel.sharing`. Defaults to `None`, they are not read.
        steps: int. Batches to read. Defaults to all.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.MMoE(data.schema)
    >>> model.compile()
    >>> board = SharingBoard("board", data.valid, steps=1)
    >>> model.fit(data.train, callbacks=[board])  # doctest: +SKIP
    """

    def __init__(
        self,
        log_dir: str | Path,
        batches: Dataset | None = None,
        steps: int | None = None,
    ) -> None:
        super().__init__()
        self.log_dir = local_path(log_dir)
        self.batches = batches
        self.steps = steps
        self._writers: dict[str, Any] = {}
        self._drawn: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        for name in WRITERS:
            folder = str(self.log_dir / name)
            self._writers[name] = tf.summary.create_file_writer(folder)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        for name, prefix in WRITERS.items():
            with self._writers[name].as_default(epoch):
                self._write_metrics(logs or {}, prefix)
        with self._writers["validation"].as_default(epoch):
            if self.batches is not None and hasattr(self.model, "sharing"):
                matrices = self.model.sharing(self.batches, self.steps)
                self._write_sharing(matrices)
            self._write_route()

    def on_train_end(self, logs: Any = None) -> None:
        for writer in self._writers.values():
            writer.close()

    def _write_metrics(self, logs: dict[str, Any], prefix: str) -> None:
        keys = result_keys(self.model.schema.tasks)
        for (task, metric), key in keys.items():
            if prefix + key in logs:
                value = float(logs[prefix + key])
                tf.summary.scalar(f"{metric}/{task}", value)

    def _write_sharing(self, matrices: list[SharingMatrix]) -> None:
        for matrix in matrices:
            known = matrix.weights[~np.isnan(matrix.weights)]
            tf.summary.histogram(f"weights/{matrix.name}", known)
            for reader, use in zip(
                matrix.readers, matrix.use_by_reader(), strict=True
            ):
                name = f"entropy/{matrix.name}/{reader}"
                tf.summary.scalar(name, _entropy(use))
        if matrices:
            _write_picture(
                "sharing", lambda path: draw_sharing(matrices, path, "")
            )

    def _write_route(self) -> None:
        route = getattr(self.model, "route", None)
        if route is not None and route != self._drawn:
            _write_picture("route", lambda path: draw_route(route, path))
            self._drawn = route
        supernet = getattr(self.model, "supernet", None)
        if supernet is not None:
            probs = ops.convert_to_numpy(supernet.policy.probs())
            for block, values in zip(supernet.space.blocks, probs, strict=True):
                name = f"choices/{block.consumer}"
                tf.summary.histogram(name, values[values > 0])


def _entropy(use: np.ndarray) -> float:
    """Entropy of what a reader takes, in nats."""
    total = use.sum()
    shares = use[use > 0] / total if total else use[use > 0]
    return float(-(shares * np.log(shares)).sum())


def _write_picture(name: str, draw: Callable[[Path], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        draw(path)
        image = tf.io.decode_png(path.read_bytes(), channels=4)
    tf.summary.image(name, image[tf.newaxis])
