"""The share of an epoch of `fit` in which steps wait for their batch.

The stream of batches stands between two clocks: what asks for a batch reads
the first clock, waits, then reads the second, all in the step's own thread.
`fit` is the library's own, with its prefetching; the clocks add some
microseconds to a step and next to nothing to a wait. An epoch lasts from its
begin, when the rows are shuffled, to the end of its last step.

`ready_share` is the share where the batches of the epoch lie ready: what the
way from the stream into the step costs by itself, clocks included.
"""

import time
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

import mtnas_tf as mt
from benchmarks.workload import Workload
from benchmarks.workload_models import new_data
from benchmarks.workload_models import new_model
from benchmarks.workload_models import new_search

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


class EpochTime(keras.callbacks.Callback):
    """Measures `seconds` from an epoch's begin to the end of its last step."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self._start = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.seconds = time.perf_counter() - self._start


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for two epochs.

    Args:
        config: `workload` and `is_search`.
    """
    workload = Workload(**config["workload"])
    data = new_data(workload)
    if config["is_search"]:
        model: Any = new_search(workload, num_routes=1)
        batches = data.search
    else:
        model = new_model("mmoe", workload)
        model.compile(mt.optimizers.SparseAdam(workload.learning_rate))
        batches = data.train
    ready = batches.take(data.steps_per_epoch).cache()
    measure_real, measure_ready = (
        _epoch_rounds(model, stream, data.steps_per_epoch)
        for stream in (batches, ready)
    )

    def measure() -> dict[str, float]:
        return {**measure_real(), "ready_share": measure_ready()["share"]}

    measure()  # compiles, and fills the cache
    return measure


def _epoch_rounds(
    model: Any, batches: Any, steps: int
) -> Callable[[], dict[str, float]]:
    waited = tf.Variable(0.0, dtype=tf.float64, trainable=False)
    timed = with_clocks(batches, waited)

    def measure() -> dict[str, float]:
        epoch = EpochTime()
        waited.assign(0.0)
        model.fit(timed, verbose=0, shuffle=False, callbacks=[epoch])
        wait = float(waited.numpy())
        return {
            "share": wait / epoch.seconds,
            "wait_ms": wait / steps * 1e3,
            "step_ms": epoch.seconds / steps * 1e3,
            "steps": steps,
        }

    return measure


def with_clocks(batches: Any, waited: Any) -> Any:
    """The same batches; what asks for one adds its wait to a variable.

    Args:
        batches: `tf.data.Dataset`.
        waited: float64 `tf.Variable`, seconds.
    """
    clock = tf.data.Dataset.counter().map(lambda _: tf.timestamp())

    def add_wait(start: Any, batch: Any, end: Any) -> Any:
        with tf.control_dependencies([waited.assign_add(end - start)]):
            return tf.nest.map_structure(tf.identity, batch)

    options = tf.data.Options()
    # What asks is to be the step, not a thread that asks ahead of it.
    options.experimental_optimization.inject_prefetch = False
    return (
        tf.data.Dataset.zip((clock, batches, clock))
        .map(add_wait)
        .with_options(options)
    )
