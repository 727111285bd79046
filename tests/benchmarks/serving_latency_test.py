import itertools
import subprocess

import numpy as np
import pytest

from benchmarks.serving import accuracy as serving_accuracy
from benchmarks.serving import files as serving_files
from benchmarks.serving.latency import latency_rounds


def test_latencies(monkeypatch):
    """A clock that advances by a second whenever it is read."""
    now = itertools.count()
    rows = []
    monkeypatch.setattr("time.perf_counter", lambda: float(next(now)))

    def bind(batch):
        rows.append(batch)
        return lambda: None

    figures = latency_rounds(bind, [1, 3], seconds=7)()
    assert list(figures) == ["p50_us_1", "p99_us_1", "p50_us_3", "p99_us_3"]
    assert rows[:2] == [slice(0, 1), slice(1, 2)]
    assert rows[-1] == slice(21, 24)
    assert np.isfinite(list(figures.values())).all()


def test_a_writer_that_fails_is_quoted(monkeypatch, tmp_path):
    result = subprocess.CompletedProcess([], 1, "", "a\nb\nc\nValueError: d\n")
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: result)
    with pytest.raises(RuntimeError, match="^b c ValueError: d$"):
        serving_files.write_files("module", {}, tmp_path)
    assert serving_accuracy.measure() == {"error": "ValueError: d"}
