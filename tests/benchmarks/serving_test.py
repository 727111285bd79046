"""The serving section, without processes, files and libraries."""

import itertools
import pathlib
import subprocess

import numpy as np
import pytest

from benchmarks import environments
from benchmarks import harness
from benchmarks import serving
from benchmarks import serving_accuracy
from benchmarks import serving_files
from benchmarks.measurement import Measurement
from benchmarks.serving_latency import latency_rounds
from benchmarks.settings import Settings

SETTINGS = Settings(rounds=2, is_smoke=False, log_dir=pathlib.Path("none"))
P50_US = {
    "derived": 30.0,
    "Keras MMoE": 20.0,
    "ML-MMoE": 60.0,
    "DeepCTR MMoE": 40.0,
    "torch-rechub MMoE": 50.0,
}


@pytest.fixture
def subjects(monkeypatch):
    """Replaces writers and processes; the subjects measured."""
    subjects = []

    def write_files(module, workload, directory, python):
        if module.endswith("write_deepctr"):
            raise RuntimeError("no such op")
        (directory / "derived").mkdir(exist_ok=True)
        (directory / "derived" / "model.onnx").write_bytes(bytes(202))
        return {"derived_weight_bytes": 200}

    def measure(found, rounds, log_dir):
        subjects.extend(found)
        return [
            Measurement(x.name, rounds=[_figures(x)] * rounds) for x in found
        ]

    monkeypatch.setattr(serving_files, "write_files", write_files)
    monkeypatch.setattr(harness, "measure", measure)
    monkeypatch.setattr(environments, "python_of", lambda name: name)
    monkeypatch.setattr(serving_accuracy, "measure", lambda: {"error": "none"})
    return subjects


def _figures(subject):
    name = subject.name.partition(",")[0]
    microseconds = P50_US.get(name, 99.0) / subject.config["threads"]
    return {
        f"{figure}_us_{size}": microseconds
        for figure in ("p50", "p99")
        for size in subject.config["batch_sizes"]
    }


def test_ratios_are_of_one_thread(subjects):
    results = serving.run(SETTINGS)
    spread = [1.5, 1.5]
    assert results["onnx_over_keras_mmoe_batch1"] == {
        "ratio": 1.5,
        "spread": spread,
    }
    assert results["onnx_over_full_sharing_batch512"]["ratio"] == 0.5
    assert results["onnx_over_fastest_peer_batch512"] == {
        "ratio": 0.6,
        "spread": [0.6, 0.6],
        "peer": "torch-rechub MMoE, threads 1",
    }
    assert results["onnx_size_over_weights"]["ratio"] == 1.01
    assert results["auc_by_precision"] == {"error": "none"}


def test_a_library_that_fails_keeps_its_rows(subjects):
    rows = serving.run(SETTINGS)["rows"]
    failed = [row for row in rows if row["error"]]
    assert [row["subject"] for row in failed] == ["DeepCTR MMoE"] * 2
    assert {row["error"] for row in failed} == {"no such op"}
    assert not [x for x in subjects if "DeepCTR" in x.name]
    (row,) = (
        row
        for row in rows
        if row["subject"] == "ML-MMoE" and row["threads"] == 2
    )
    assert row["p50_us_64"] == {"median": 30.0, "spread": [30.0, 30.0]}


def test_only_onnx_is_measured_with_more_threads(subjects):
    serving.run(SETTINGS)
    modules = {
        x.config["threads"]: {
            y.module for y in subjects if y.config == x.config
        }
        for x in subjects
    }
    assert modules[2] == {"benchmarks.subjects.serving_onnx"}
    assert len({x.name for x in subjects}) == len(subjects)


def test_smoke_needs_no_other_environment(subjects, monkeypatch):
    monkeypatch.setattr(environments, "python_of", None)
    settings = Settings(rounds=1, is_smoke=True, log_dir=pathlib.Path("none"))
    results = serving.run(settings)
    assert results["onnx_over_fastest_peer_batch8"] is None
    assert not [row for row in results["rows"] if row["error"]]


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
