"""The section on all methods, without processes."""

import pytest

from benchmarks.workload import Workload
from benchmarks.zoo import step_subject

WORKLOAD = Workload(
    vocabulary=24, batch_size=4, num_examples=40, num_experts=2, units=48
)


@pytest.mark.parametrize(
    "name", ["mmoe", pytest.param("home", marks=pytest.mark.slow)]
)
def test_a_method_is_as_large_as_mmoe(name, monkeypatch):
    trained = []

    def fit_rounds(model, batches, clock):
        trained.append(model)
        return lambda: {"step_ms": 1.0}

    monkeypatch.setattr(step_subject, "fit_rounds", fit_rounds)
    workload = {**vars(WORKLOAD)}
    figures = step_subject.build({"model": name, "workload": workload})()
    assert figures["step_ms"] == 1.0
    assert trained[0].name == name
    mmoe, units = step_subject.new_matched_model("mmoe", WORKLOAD)
    assert units == 48
    target = step_subject.num_dense_parameters(mmoe)
    assert figures["dense_parameters"] == pytest.approx(target, rel=0.05)


def test_a_method_without_such_a_width_is_refused(monkeypatch):
    class Narrow:
        def __init__(self, *_):
            self.units = 1

    monkeypatch.setattr(step_subject, "ZooBaseline", Narrow)
    with pytest.raises(ValueError, match="dense parameters.*'home'.*at 1"):
        step_subject.new_matched_model("home", WORKLOAD)
