import math

import pytest

from mtnas_tf.experiment import throughput


def measure(monkeypatch, epochs):
    """Runs the callback; an epoch is the times of its begin and its steps."""
    times = iter([])
    monkeypatch.setattr(throughput.time, "perf_counter", lambda: next(times))
    callback = throughput.Throughput()
    for epoch, (begin, *steps) in enumerate(epochs):
        times = iter([begin] * (epoch > 0) + steps)
        callback.on_epoch_begin(epoch)
        for batch, _ in enumerate(steps):
            callback.on_train_batch_end(batch)
    return callback.step_seconds


def test_leaves_out_compilation_and_validation(monkeypatch):
    # The first step takes 60 s, validation 100 s; the others 1, 3 | 2, 2.
    epochs = [(0, 60, 61, 64), (164, 166, 168)]
    assert measure(monkeypatch, epochs) == pytest.approx(2.0)


def test_first_step_of_a_later_epoch_counts(monkeypatch):
    assert measure(monkeypatch, [(0, 60), (100, 103)]) == pytest.approx(3.0)


def test_single_step(monkeypatch):
    assert math.isnan(measure(monkeypatch, [(0, 60)]))
