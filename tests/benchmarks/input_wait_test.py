"""The section on input, without processes and compilation."""

import dataclasses
import time

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.input import wait_subject as input_wait
from benchmarks.workload import Workload

WAIT_SECONDS = 0.01


def slow(value):
    """A batch that takes its time."""

    def wait(array):
        time.sleep(WAIT_SECONDS)
        return array

    return tf.numpy_function(wait, [value], tf.int64)


def test_clocks_see_the_wait_and_leave_the_batches():
    waited = tf.Variable(0.0, dtype=tf.float64)
    batches = tf.data.Dataset.range(5)
    timed = input_wait.with_clocks(batches.map(slow), waited)
    assert [int(batch) for batch in timed] == [0, 1, 2, 3, 4]
    assert float(waited) >= 5 * WAIT_SECONDS
    timed = input_wait.with_clocks(
        tf.data.Dataset.zip((batches, {"x": batches})), waited
    )
    assert len(timed) == 5
    assert timed.element_spec[1]["x"].dtype == tf.int64


class FakeModel:
    """Its `fit` reads the batches and takes a while for each."""

    def compile(self, *_, **__):
        self.steps = []

    def fit(self, batches, verbose, shuffle, callbacks):
        (callback,) = callbacks
        callback.on_epoch_begin(0)
        self.steps.append([x["ids"].numpy() for x, _ in batches])
        time.sleep(WAIT_SECONDS)
        callback.on_train_batch_end(0)


def test_a_round(monkeypatch):
    model = FakeModel()
    monkeypatch.setattr(input_wait, "new_model", lambda *_: model)
    workload = Workload(vocabulary=24, batch_size=4, num_examples=12)
    config = {"is_search": False, "workload": dataclasses.asdict(workload)}
    measure = input_wait.build(config)
    figures = measure()
    assert figures["steps"] == 3
    assert 0 < figures["share"] < 1
    assert 0 < figures["ready_share"] < 1
    assert figures["step_ms"] > WAIT_SECONDS / 3 * 1e3
    assert figures["wait_ms"] == pytest.approx(
        figures["share"] * figures["step_ms"]
    )
    first, ready, second, again = model.steps
    np.testing.assert_array_equal(ready, again)
    assert not np.array_equal(first, second)
