"""Predictions of a SavedModel's signature by TensorFlow."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from benchmarks.serving.latency import Call
from benchmarks.serving.latency import latency_rounds
from benchmarks.workload import Workload

PACKAGES = ("tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The signature with the number of threads given, warm."""
    tf.config.threading.set_intra_op_parallelism_threads(config["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(1)
    loaded = tf.saved_model.load(config["path"])
    signature = loaded.signatures["serving_default"]
    ids = Workload(**config["workload"]).shared_ids

    def bind(rows: slice) -> Call:
        batch = tf.constant(ids[rows], tf.int64)
        return lambda: signature(ids=batch)

    return latency_rounds(bind, config["batch_sizes"], config["seconds"])
