"""The section on memory, without processes and large tables."""

import dataclasses
import types

import numpy as np
import pytest

from benchmarks.memory import fit_subject as memory_fit
from benchmarks.memory import section as memory


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
