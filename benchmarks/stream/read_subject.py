"""Draws batches of a data set and drops them, an epoch a round."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

import mtnas_tf as mt
from benchmarks.stream import rows as stream_rows

PACKAGES = ("mtnas_tf", "tensorflow", "tensorflow-datasets", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The batches, of which one has been drawn.

    Args:
        config: `kind` (`"streamed"`, `"streamed_search"`, `"in_memory"` or
            `"tfds"`), `directory` of `stream_rows.write`, `batch_size` and
            `shuffle_window`.
    """
    batches = _batches(config)
    next(iter(batches))

    def measure() -> dict[str, float]:
        start = time.perf_counter()
        steps = int(batches.reduce(tf.constant(0), lambda count, _: count + 1))
        seconds = time.perf_counter() - start
        return {
            "examples_per_second": steps * config["batch_size"] / seconds,
            "steps": steps,
            "seconds": seconds,
        }

    return measure


def _batches(config: dict[str, Any]) -> Any:
    directory, size = Path(config["directory"]), config["batch_size"]
    if config["kind"] == "tfds":
        records = stream_rows.open_records(directory)
        return records.batch(size, drop_remainder=True).prefetch(2)
    store = stream_rows.open_store(directory)
    train, valid, test = (
        store.splits[name] for name in ("train", "valid", "test")
    )
    if config["kind"] == "in_memory":
        train, valid, test = (
            mt.data.Split.concatenate([split]) for split in (train, valid, test)
        )
        data = mt.data.MultiTaskData(
            stream_rows.SCHEMA, train, valid, test, batch_size=size
        )
        return data.train
    data = mt.data.StreamedData(
        stream_rows.SCHEMA,
        train,
        valid,
        test,
        batch_size=size,
        shuffle_window=config["shuffle_window"],
    )
    return data.search if config["kind"] == "streamed_search" else data.train
