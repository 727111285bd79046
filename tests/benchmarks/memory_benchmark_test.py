"""The section on memory, without processes and large tables."""

import dataclasses
import pathlib
import types

import numpy as np
import pytest

from benchmarks import harness
from benchmarks import memory
from benchmarks.measurement import Measurement
from benchmarks.settings import Settings
from benchmarks.subjects import memory_fit


def test_each_is_measured_by_itself(monkeypatch):
    calls = []

    def measure(subjects, rounds, log_dir):
        (subject,) = subjects
        calls.append(subject.name)
        if subject.config["is_search"]:
            return [Measurement(subject.name, error="broken")]
        figures = {"fit_peak_mb": 900.0, "end_of_fit_mb": 300.0}
        return [Measurement(subject.name, rounds=[figures])]

    monkeypatch.setattr(harness, "measure", measure)
    results = memory.run(
        Settings(rounds=3, is_smoke=False, log_dir=pathlib.Path("none"))
    )
    assert calls == ["train", "search"]
    assert results["memory_4M_above_import_mb"] == {
        "train": 900.0,
        "search": None,
    }
    assert results["memory_4M_end_of_fit_mb"]["train"] == 300.0
    assert results["rows"][1]["error"] == "broken"


class FakeModel:
    """Two variables of 1 MB, one of which its optimizer knows too."""

    def __init__(self):
        shared, own = (np.zeros(2**18, np.float32) for _ in range(2))
        self.variables = [shared]
        self.optimizer = types.SimpleNamespace(variables=[shared, own])

    def compile(self, *_):
        pass

    def fit(self, batches, steps_per_epoch, verbose, callbacks):
        assert steps_per_epoch == 2
        (callback,) = callbacks
        for step in range(steps_per_epoch):
            callback.on_train_batch_end(step)


@pytest.fixture
def config(monkeypatch):
    monkeypatch.setattr(memory_fit, "new_model", lambda *_: FakeModel())
    return {
        "is_search": False,
        "steps": 2,
        "workload": dataclasses.asdict(memory.SMOKE.workload),
    }


def test_figures_are_above_the_libraries(config, monkeypatch):
    resident, peaks = iter([100.0, 150.0, 160.0]), iter([130, 200, 210, 290])
    monkeypatch.setattr(
        memory_fit,
        "memory_mb",
        lambda kind: next({"VmRSS": resident, "VmHWM": peaks}[kind]),
    )
    assert memory_fit.build(config)() == {
        "variables_mb": 2.0,
        "build_peak_mb": 30,
        "step_mb": 60,
        "step_peak_mb": 110,
        "fit_peak_mb": 190,
        "end_of_fit_mb": 130,
    }


def test_a_system_that_does_not_tell(config, monkeypatch):
    monkeypatch.setattr(memory_fit, "memory_mb", lambda kind: None)
    with pytest.raises(RuntimeError, match="no /proc/self/status"):
        memory_fit.build(config)
