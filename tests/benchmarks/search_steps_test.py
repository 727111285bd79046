"""The section on searches, without processes."""

import dataclasses

import pytest
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from tiny_experiment import without_graphs

from benchmarks import book_crossing
from benchmarks import workload_models
from benchmarks.search import step_subject as search_step
from benchmarks.search import total as search_total
from benchmarks.search import total_subject as search_total_subject
from benchmarks.workload import Workload

WORKLOAD = Workload(
    vocabulary=24, batch_size=4, num_examples=40, num_experts=2, units=48
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Even though:UserWarning")
@pytest.mark.parametrize("run", [*search_total.SEARCHES, search_total.MMOE])
def test_a_whole_run(monkeypatch, run):
    monkeypatch.setattr(
        book_crossing, "load", lambda: (CONFIG, load_data(CONFIG))
    )
    measure = search_total_subject.build({"run": run})
    with without_graphs():
        figures = measure()
    assert figures["total_seconds"] > 0
    # All networks' epochs together.
    assert (figures["epochs"] > 2) is (run == "candidates")
    assert figures["load_seconds"] > 0
    assert figures["import_cpu_seconds"] > 0


@pytest.fixture
def batches(monkeypatch):
    """Replaces the timing; what was to be trained: (model, batches)."""
    trained = []

    def fit_rounds(model, batches, clock):
        trained.append((model, batches))
        return lambda: {"step_ms": 1.0}

    monkeypatch.setattr(search_step, "fit_rounds", fit_rounds)
    return trained


def build_step(config):
    workload = dataclasses.asdict(WORKLOAD)
    return search_step.build({**config, "workload": workload})()


@pytest.mark.slow
def test_a_search_step(batches):
    build_step({"num_routes": 8})
    ((model, stream),) = batches
    estimator = model.estimator
    assert (estimator.num_routes, estimator.baseline) == (8, "leave_one_out")
    _, (reward_inputs, _) = stream.element_spec
    assert reward_inputs["ids"].shape == (1024, 12)


@pytest.mark.slow
def test_a_matched_network_is_as_large_as_the_supernet(batches, monkeypatch):
    monkeypatch.setattr(workload_models, "MAX_UNITS", 128)
    supernet = build_step({"num_routes": 1})["dense_parameters"]
    for name in ("mmoe", "ml_mmoe"):
        figures = build_step({"model": name, "is_matched": True})
        assert figures["dense_parameters"] == pytest.approx(supernet, rel=0.01)
    build_step({"model": "mmoe", "is_matched": False})
    assert batches[0][0].estimator.baseline == "moving_average"
    assert batches[-1][0].body.experts.units == WORKLOAD.units
