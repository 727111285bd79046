"""The section on optimizers, without processes."""

import dataclasses
import math
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from tiny_experiment import without_graphs
from tolerances import assert_near

from benchmarks import book_crossing
from benchmarks import harness
from benchmarks import optimizer
from benchmarks.measurement import Measurement
from benchmarks.settings import Settings
from benchmarks.subjects import optimizer_loss
from benchmarks.subjects import optimizer_step
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.optimizers import Table

SETTINGS = Settings(rounds=2, is_smoke=False, log_dir=pathlib.Path("none"))
STEP_MS = {"exact": 5.0, "lazy": 4.0, "dense": 20.0}
VALID_LOSS = {"exact": 0.5, "lazy": 0.75, "dense": 0.5}


def fake_measure(subjects, rounds, log_dir, round_seconds=0):
    """Fixed step times; lazy's test loss exceeds the others' by the seed."""
    measurements = []
    for subject in subjects:
        name = subject.name
        if subject.module.endswith("optimizer_step"):
            figures = [{"step_ms": STEP_MS[name]}] * rounds
        else:
            figures = [
                {
                    "valid_loss": VALID_LOSS[name],
                    "test_loss": 1.0 + seed * (name == "lazy"),
                }
                for seed in range(rounds)
            ]
        measurements.append(Measurement(name, rounds=figures))
    return measurements


def test_ratios_and_differences(monkeypatch):
    monkeypatch.setattr(harness, "measure", fake_measure)
    results = optimizer.run(SETTINGS)
    assert list(results["exact_step_over_lazy"]) == ["300k", "4M"]
    assert results["exact_step_over_lazy"]["4M"]["ratio"] == 1.25
    assert results["exact_step_over_dense"]["300k"]["ratio"] == 0.25
    none = {"mean": 0.0, "standard_error": 0.0, "seeds": 5}
    assert results["exact_minus_dense_loss"] == {"valid": none, "test": none}
    lazy = results["lazy_minus_dense_loss"]
    assert lazy["valid"]["mean"] == 0.25
    assert lazy["test"]["mean"] == 2.0
    error = math.sqrt(2.5 / 5)
    assert lazy["test"]["standard_error"] == pytest.approx(error)
    assert len(results["rows"]) == 9


def test_without_data_there_is_a_reason(monkeypatch):
    def measure(subjects, rounds, log_dir, round_seconds=0):
        if "optimizer-step" in log_dir.name:
            return fake_measure(subjects, rounds, log_dir)
        return [Measurement(x.name, error="no data") for x in subjects]

    monkeypatch.setattr(harness, "measure", measure)
    difference = optimizer.run(SETTINGS)["exact_minus_dense_loss"]
    assert difference == {"valid": None, "test": None, "reason": "no data"}


def test_dense_adam_is_what_exact_follows():
    """Repeated rows, rows left out for a while, decay of touched rows."""
    start = np.linspace(-1, 1, 8).reshape(4, 2)
    tables = [
        keras.Variable(start, dtype="float32"),
        Table(start, dtype="float32"),
    ]
    dense = optimizer_loss.DenseAdam(0.01, coupled_decay=0.1)
    exact = SparseAdam(0.01, weight_decay=0.1)
    for rows in ([0, 1, 1], [2], [2, 0], [2], [1, 1, 1]):
        values = tf.reshape(tf.range(1.0, 2 * len(rows) + 1), (-1, 2))
        for adam, table in zip((dense, exact), tables, strict=True):
            gradient = tf.IndexedSlices(values, tf.constant(rows), (4, 2))
            adam.apply([gradient], [table])
    exact.finalize_variable_values([tables[1]])
    assert_near(*(t.numpy() for t in tables))
    assert not np.allclose(tables[0][:3], start[:3], atol=1e-2)
    np.testing.assert_array_equal(tables[0][3], start[3].astype("float32"))


@pytest.mark.filterwarnings("ignore:Even though:UserWarning")
def test_rounds_are_seeds_and_pairs_share_them(monkeypatch):
    monkeypatch.setattr(
        book_crossing, "load", lambda: (CONFIG, load_data(CONFIG))
    )
    with without_graphs():
        measure = {
            name: optimizer_loss.build({"optimizer": name})
            for name in ("exact", "dense")
        }
        first, again = ({n: m() for n, m in measure.items()} for _ in range(2))
    for losses in (first, again):
        exact, dense = losses["exact"], losses["dense"]
        assert exact["epochs"] == dense["epochs"] == 2
        for figure in ("valid_loss", "test_loss"):
            assert exact[figure] == pytest.approx(dense[figure], abs=2e-4)
    assert first["exact"]["test_loss"] != again["exact"]["test_loss"]


@pytest.mark.parametrize(
    ("name", "semantics"), [("exact", "exact"), ("lazy", "lazy"), ("dense", "")]
)
def test_the_optimizer_of_a_step(monkeypatch, name, semantics):
    trained = []
    monkeypatch.setattr(
        optimizer_step, "fit_rounds", lambda model, *_: trained.append(model)
    )
    workload = dataclasses.asdict(optimizer.SMOKE.workload("1k"))
    optimizer_step.build({"optimizer": name, "workload": workload})
    (model,) = trained
    assert getattr(model.optimizer, "semantics", "") == semantics
