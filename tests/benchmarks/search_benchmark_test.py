"""The section on searches, without processes."""

import dataclasses
import pathlib

import pytest
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from tiny_experiment import without_graphs

from benchmarks import book_crossing
from benchmarks import harness
from benchmarks import search
from benchmarks import search_total
from benchmarks.measurement import Measurement
from benchmarks.settings import Settings
from benchmarks.subjects import search_step
from benchmarks.subjects import search_total as search_total_subject
from benchmarks.workload import Workload

SETTINGS = Settings(rounds=2, is_smoke=False, log_dir=pathlib.Path("none"))
FIGURES = {
    "S1": {"step_ms": 8.0},
    "S8": {"step_ms": 20.0},
    search.MMOE: {"step_ms": 10.0},
    search.SMALL_MMOE: {"step_ms": 4.0},
    search.ML_MMOE: {"step_ms": 16.0},
    "candidates": {"total_seconds": 80.0},
    "supernet": {"total_seconds": 30.0},
    "mmoe": {"total_seconds": 10.0},
}
WORKLOAD = Workload(
    vocabulary=24, batch_size=4, num_examples=40, num_experts=2, units=48
)


@pytest.fixture
def calls(monkeypatch):
    """Replaces processes by fixed figures; the subjects' names, by call."""
    calls = []

    def measure(subjects, rounds, log_dir, round_seconds=0):
        calls.append([subject.name for subject in subjects])
        return [
            Measurement(
                subject.name,
                rounds=[FIGURES[subject.name]] * rounds,
                peak_mb=float(len(calls)),
            )
            for subject in subjects
        ]

    monkeypatch.setattr(harness, "measure", measure)
    return calls


def test_ratios(calls):
    results = search.run(SETTINGS)
    assert results["search_step_over_mmoe"] == {
        "S1": {"ratio": 0.8, "spread": [0.8, 0.8]},
        "S8": {"ratio": 2.0, "spread": [2.0, 2.0]},
    }
    assert results["search_step_over_small_mmoe"]["S1"]["ratio"] == 2.0
    assert results["search_step_over_ml_mmoe"]["S8"]["ratio"] == 1.25
    total = results["search_total_over_mmoe_training"]
    assert total == {
        "candidates": {"ratio": 8.0, "spread": [8.0, 8.0]},
        "supernet": {"ratio": 3.0, "spread": [3.0, 3.0]},
    }
    assert [row["subject"] for row in results["rows"]] == list(FIGURES)


def test_rounds_take_turns(calls):
    totals = search_total.measure(SETTINGS)
    order = ["candidates", "supernet", "mmoe"]
    assert calls == [order, order[::-1], order]
    assert [len(m.rounds) for m in totals] == [3, 3, 3]
    assert [m.peak_mb for m in totals] == [3.0, 3.0, 3.0]


def test_without_data_there_is_a_reason(monkeypatch):
    calls = []

    def measure(subjects, **kwargs):
        calls.append(subjects)
        return [Measurement(x.name, error="no data") for x in subjects]

    monkeypatch.setattr(harness, "measure", measure)
    ratios = search_total.total_ratios(search_total.measure(SETTINGS))
    missing = {"ratio": None, "reason": "no data"}
    assert ratios == {"candidates": missing, "supernet": missing}
    assert len(calls) == 1


def test_smoke_leaves_whole_runs_out(calls):
    settings = Settings(rounds=1, is_smoke=True, log_dir=pathlib.Path("none"))
    results = search.run(settings)
    assert calls == [["S1", search.MMOE]]
    assert list(results["search_step_over_mmoe"]) == ["S1"]
    assert results["search_step_over_ml_mmoe"] == {}


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


def test_a_search_step(batches):
    build_step({"num_routes": 8})
    ((model, stream),) = batches
    estimator = model.estimator
    assert (estimator.num_routes, estimator.baseline) == (8, "leave_one_out")
    _, (reward_inputs, _) = stream.element_spec
    assert reward_inputs["ids"].shape == (1024, 12)


def test_a_matched_network_is_as_large_as_the_supernet(batches):
    supernet = build_step({"num_routes": 1})["dense_parameters"]
    for name in ("mmoe", "ml_mmoe"):
        figures = build_step({"model": name, "is_matched": True})
        assert figures["dense_parameters"] == pytest.approx(supernet, rel=0.01)
    build_step({"model": "mmoe", "is_matched": False})
    assert batches[0][0].estimator.baseline == "moving_average"
    assert batches[-1][0].banks[0].units == WORKLOAD.units
