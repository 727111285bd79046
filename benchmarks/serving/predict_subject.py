"""Predictions of a saved Keras model by its `predict`."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

import mtnas_tf.models  # noqa: F401  (registers them with Keras)
from benchmarks.serving.latency import Call
from benchmarks.serving.latency import latency_rounds
from benchmarks.workload import Workload

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model with the number of threads given, warm."""
    tf.config.threading.set_intra_op_parallelism_threads(config["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(1)
    model = keras.saving.load_model(config["path"])
    ids = Workload(**config["workload"]).shared_ids

    def bind(rows: slice) -> Call:
        batch = {"ids": ids[rows]}
        size = len(batch["ids"])
        return lambda: model.predict(batch, batch_size=size, verbose=0)

    return latency_rounds(bind, config["batch_sizes"], config["seconds"])
