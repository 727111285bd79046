"""Which figure of which subject is over which, with figures made up."""

import pathlib
import sys

import pytest

from benchmarks.balancing import section as balancing
from benchmarks.harness import environments
from benchmarks.harness import processes
from benchmarks.harness.measurement import Measurement
from benchmarks.input import section as input_section
from benchmarks.memory import section as memory
from benchmarks.optimizer import section as optimizer
from benchmarks.search import section as search
from benchmarks.server import section as server
from benchmarks.serving import accuracy
from benchmarks.serving import files
from benchmarks.serving import section as serving
from benchmarks.settings import Settings
from benchmarks.stream import section as stream
from benchmarks.training import section as training
from benchmarks.zoo import section as zoo

ROUNDS = 3


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs a section on `figures(subject)` in place of processes.

    A subject of which that is None has failed.
    """

    def run(section, figures, is_smoke=False):
        def measure(subjects, rounds, *_, **__):
            return [
                Measurement(x.name, error="broken")
                if figures(x) is None
                else Measurement(x.name, [figures(x)] * rounds)
                for x in subjects
            ]

        monkeypatch.setattr(processes, "measure", measure)
        return section.run(
            Settings(rounds=ROUNDS, is_smoke=is_smoke, log_dir=tmp_path)
        )

    return run


def ratio(value, **others):
    return {"ratio": value, "spread": [value, value], **others}


def test_training(run, monkeypatch):
    speeds = {
        "mtnas_tf plain": 30.0,
        "mtnas_tf defaults": 25.0,
        "Keras defaults": 10.0,
        "Keras tuned": 20.0,
        "DeepCTR tuned": 60.0,
        "DeepCTR-Torch defaults": 15.0,
        "FuxiCTR tuned": 40.0,
    }

    def python_of(name):
        if name == "torch_rechub":
            raise RuntimeError("no such wheel")
        return f"{name}/python"

    def figures(subject):
        if "mtnas_tf plain " in subject.name:  # for the growth
            return {"step_ms": float(subject.config["workload"]["vocabulary"])}
        if subject.name not in speeds:
            return None
        environment = subject.python.removesuffix("/python")
        module = subject.module.rpartition(".")[2]
        assert environment == module or module in ("ours", "plain_keras")
        return {"examples_per_second": speeds[subject.name]}

    monkeypatch.setattr(environments, "python_of", python_of)
    results = run(training, figures)
    fastest = ratio(2.0, peer="DeepCTR-Torch defaults")
    assert results["train_vs_fastest_peer"] == dict.fromkeys(
        ("10k", "1M", "4M"), fastest
    )
    tuned = results["train_vs_fastest_tuned_peer"]
    assert tuned["4M"] == ratio(0.5, peer="DeepCTR tuned")
    adam = results["train_vs_fastest_tuned_adam"]
    assert adam["4M"] == ratio(0.75, peer="FuxiCTR tuned")
    assert results["step_4M_over_10k"] == ratio(400.0)
    by_subject = {row["subject"]: row for row in results["rows"]}
    assert by_subject["torch-rechub tuned"]["error"] == "no such wheel"
    assert by_subject["DeepCTR defaults"]["error"] == "broken"


def test_search(run):
    figures = {
        "S1": {"step_ms": 8.0},
        "S8": {"step_ms": 20.0},
        search.MMOE: {"step_ms": 10.0},
        search.SMALL_MMOE: {"step_ms": 4.0},
        search.ML_MMOE: {"step_ms": 16.0},
        "candidates": {"total_seconds": 80.0},
        "mmoe": {"total_seconds": 10.0},
    }
    results = run(search, lambda subject: figures.get(subject.name))
    over_mmoe = {"S1": ratio(0.8), "S8": ratio(2.0)}
    assert results["search_step_over_mmoe"] == over_mmoe
    assert results["search_step_over_small_mmoe"]["S1"] == ratio(2.0)
    assert results["search_step_over_ml_mmoe"]["S8"] == ratio(1.25)
    total = results["search_total_over_mmoe_training"]
    assert total["candidates"] == ratio(8.0)
    assert total["supernet"] == {"ratio": None, "reason": "broken"}
    smoke = run(search, lambda x: figures.get(x.name), is_smoke=True)
    assert smoke["search_step_over_mmoe"] == {"S1": ratio(0.8)}


def test_optimizer(run):
    figures = {"exact": 5.0, "lazy": 4.0, "dense": 20.0}

    def of(subject):
        value = figures[subject.name]
        return {"step_ms": value, "valid_loss": value, "test_loss": value}

    results = run(optimizer, of)
    assert results["exact_step_over_lazy"]["4M"]["ratio"] == 1.25
    assert results["exact_step_over_dense"]["300k"]["ratio"] == 0.25
    lazy = results["lazy_minus_dense_loss"]
    assert lazy["test"]["mean"] == -16
    assert lazy["test"]["standard_error"] == 0


def test_balancing(run):
    figures = {"plain": 4.0, "pcgrad": 6.0, "famo": 5.0}
    results = run(
        balancing,
        lambda x: {"step_ms": figures[x.name]} if x.name in figures else None,
    )
    over_plain = results["balanced_step_over_plain"]
    assert over_plain["pcgrad"] == ratio(1.5)
    assert over_plain["famo"] == ratio(1.25)
    assert over_plain["mgda"] is None
    assert len(results["rows"]) == 1 + len(over_plain)


def test_zoo(run):
    figures = {"mmoe": 4.0, "ple": 6.0, "home": 8.0}
    results = run(
        zoo,
        lambda x: {"step_ms": figures[x.name]} if x.name in figures else None,
    )
    over_mmoe = results["zoo_step_over_mmoe"]
    assert over_mmoe["ple"] == ratio(1.5)
    assert over_mmoe["home"] == ratio(2.0)
    assert over_mmoe["stem_net"] is None
    assert not {"mmoe", "mtnas", "auto_mtl"} & set(over_mmoe)
    names = [row["subject"] for row in results["rows"]]
    # Each method once, and MMoE beside every four of them.
    assert set(names) == {"mmoe", *over_mmoe}
    assert names.count("mmoe") == -(-len(over_mmoe) // 4)
    assert len(names) == len(over_mmoe) + names.count("mmoe")


def test_input(run):
    results = run(
        input_section,
        lambda x: None if x.config["is_search"] else {"share": 0.2},
    )
    assert results["input_wait_share"] == {
        "mmoe_512": {"share": 0.2, "spread": [0.2, 0.2]},
        "mmoe_4096": {"share": 0.2, "spread": [0.2, 0.2]},
        "search_512": None,
    }


def test_memory(run):
    figures = {"fit_peak_mb": 900.0, "end_of_fit_mb": 300.0}
    results = run(memory, lambda x: None if x.name == "search" else figures)
    above = {"train": 900.0, "search": None}
    assert results["memory_4M_above_import_mb"] == above
    assert results["memory_4M_end_of_fit_mb"]["train"] == 300.0
    assert results["rows"][1]["error"] == "broken"


def test_stream(run, monkeypatch, tmp_path):
    speeds = {"streamed": 300.0, "in_memory": 600.0, "tfds": 3.0}

    def figures(subject):
        store = pathlib.Path(subject.config["directory"], "store")
        assert (store / "schema.json").exists()
        speed = speeds.get(subject.name)
        return speed and {"examples_per_second": speed}

    small = stream.Plan(num_rows=100, num_prefix_rows=2, shuffle_window=64)
    monkeypatch.setattr(stream, "FULL", small)
    results = run(stream, figures)
    assert results["stream_over_tfds"]["ratio"] == 100
    assert results["stream_over_in_memory"]["ratio"] == 0.5
    speeds = results["stream_examples_per_second"]
    assert speeds["streamed"] == {"speed": 300.0, "spread": [300.0, 300.0]}
    assert speeds["streamed_search"] is None
    assert not list(tmp_path.iterdir())  # the rows are gone


def test_serving(run, monkeypatch):
    p50_us = {
        "derived": 30.0,
        "Keras MMoE": 20.0,
        "ML-MMoE": 60.0,
        "DeepCTR MMoE": 10.0,
        "torch-rechub MMoE": 50.0,
    }

    def write_files(module, workload, directory, python):
        if module.endswith("deepctr"):
            raise RuntimeError("no such op")
        (directory / "derived").mkdir(exist_ok=True)
        (directory / "derived" / "model.onnx").write_bytes(bytes(202))
        return {"derived_weight_bytes": 200}

    def figures(subject):
        threads = subject.config["threads"]
        assert threads == 1 or subject.module.endswith("onnx_subject")
        name = subject.name.partition(",")[0]
        microseconds = p50_us.get(name, 99.0) / threads
        sizes = subject.config["batch_sizes"]
        return {f"p50_us_{size}": microseconds for size in sizes}

    monkeypatch.setattr(files, "write_files", write_files)
    monkeypatch.setattr(environments, "python_of", lambda name: name)
    monkeypatch.setattr(accuracy, "measure", lambda: {"error": "none"})
    results = run(serving, figures)
    assert results["onnx_over_keras_mmoe_batch1"] == ratio(1.5)
    assert results["onnx_over_full_sharing_batch512"] == ratio(0.5)
    fastest = results["onnx_over_fastest_peer_batch512"]
    assert fastest["ratio"] == 0.6
    assert fastest["peer"] == "torch-rechub MMoE, threads 1"
    assert results["onnx_size_over_weights"] == ratio(1.01)
    monkeypatch.setattr(environments, "python_of", None)
    smoke = run(serving, figures, is_smoke=True)
    assert smoke["onnx_over_fastest_peer_batch8"] is None
    assert not [row for row in smoke["rows"] if row["error"]]


def test_server(run, monkeypatch):
    per_second = {"session": 9000.0, "fastapi": 800.0, "json": 2000.0}

    def figures(subject):
        assert subject.python in ("server", sys.executable)
        speed = per_second.get(subject.name)
        return speed and {"per_second_32": speed}

    monkeypatch.setattr(files, "write_files", lambda *_: {})
    monkeypatch.setattr(environments, "python_of", lambda name: name)
    over_fastapi = run(server, figures)["server_over_fastapi"]
    assert over_fastapi["json"] == ratio(2.5)
    assert over_fastapi["grpc"] is None
    assert not {"session", "fastapi"} & set(over_fastapi)
    # Without kserve in this environment, a smoke run has the session alone.
    monkeypatch.setattr(environments, "python_of", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    smoke = run(server, figures, is_smoke=True)
    assert [row["subject"] for row in smoke["rows"]] == ["session"]


def test_every_environment_has_requirements():
    folder = environments.BENCHMARKS / "requirements"
    names = {path.stem for path in folder.glob("*.txt")}
    peers = {peer.environment for peer in training.PEERS} - {None}
    assert peers | {"server"} == names
