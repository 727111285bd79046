import pathlib

import pytest

from benchmarks import environments
from benchmarks import harness
from benchmarks import training
from benchmarks.measurement import Measurement
from benchmarks.settings import Settings

SPEEDS = {
    "mtnas_tf plain": 30.0,
    "mtnas_tf defaults": 25.0,
    "Keras defaults": 10.0,
    "Keras tuned": 20.0,
    "DeepCTR-Torch defaults": 15.0,
    "FuxiCTR tuned": 40.0,
}
SETTINGS = Settings(rounds=2, is_smoke=False, log_dir=pathlib.Path("none"))


@pytest.fixture
def calls(monkeypatch):
    """Replaces processes by fixed speeds; the subjects measured, by call."""
    calls = []

    def measure(subjects, rounds, log_dir):
        calls.append(subjects)
        return [fake_measurement(subject, rounds) for subject in subjects]

    def python_of(name):
        if name == "torch_rechub":
            raise RuntimeError("no such wheel")
        return f"{name}/python"

    monkeypatch.setattr(harness, "measure", measure)
    monkeypatch.setattr(environments, "python_of", python_of)
    return calls


def fake_measurement(subject, rounds):
    if subject.name not in SPEEDS and "mtnas_tf" not in subject.name:
        return Measurement(subject.name, error="broken")
    step_ms = subject.config["workload"]["vocabulary"] / 1000
    figures = {
        "examples_per_second": SPEEDS.get(subject.name, 1.0),
        "step_ms": step_ms,
        "steps": 3,
        "outside_ms": 0.5,
    }
    return Measurement(
        subject.name, rounds=[figures] * rounds, import_mb=100.0, peak_mb=150.0
    )


def test_ours_is_compared_with_the_fastest(calls):
    results = training.run(SETTINGS)
    assert list(results["train_vs_fastest_peer"]) == ["10k", "1M", "4M"]
    assert results["train_vs_fastest_peer"]["1M"] == {
        "ratio": 2.0,
        "spread": [2.0, 2.0],
        "peer": "DeepCTR-Torch defaults",
    }
    tuned = results["train_vs_fastest_tuned_peer"]["4M"]
    assert tuned["peer"] == "FuxiCTR tuned"
    assert tuned["ratio"] == 0.75
    assert results["step_4M_over_10k"]["ratio"] == 400.0


def test_every_subject_has_a_row_in_every_setting(calls):
    rows = training.run(SETTINGS)["rows"]
    assert len(rows) == 3 * 2 * 12
    by_subject = {row["subject"]: row for row in rows}
    assert by_subject["torch-rechub tuned"]["error"] == "no such wheel"
    assert by_subject["DeepCTR defaults"]["error"] == "broken"
    assert by_subject["mtnas_tf defaults"]["error"] is None
    assert by_subject["Keras tuned"]["own_mb"] == 50.0
    assert by_subject["Keras tuned"]["ours_over_it"]["median"] == 1.5


def test_subjects_run_in_their_environments(calls):
    training.run(SETTINGS)
    pythons = {subject.name: subject.python for subject in calls[0]}
    assert pythons["DeepCTR tuned"] == "deepctr/python"
    assert pythons["Keras tuned"] == pythons["mtnas_tf defaults"]
    for subjects in calls[:-1]:
        workloads = [subject.config["workload"] for subject in subjects]
        assert all(workload == workloads[0] for workload in workloads)


def test_nothing_is_compared_with_a_failure(calls, monkeypatch):
    for name in SPEEDS.keys() - {"mtnas_tf defaults"}:
        monkeypatch.delitem(SPEEDS, name)
    results = training.run(SETTINGS)
    assert results["train_vs_fastest_peer"]["10k"] is None


def test_every_environment_has_requirements():
    folder = pathlib.Path(environments.__file__).parent / "requirements"
    names = {path.stem for path in folder.glob("*.txt")}
    assert {peer.environment for peer in training.PEERS} - {None} <= names
