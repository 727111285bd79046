"""The study of peers, all but what runs in their environments."""

import dataclasses
import json
import sys

import numpy as np
import pytest
from tiny_experiment import CONFIG
from tiny_experiment import without_graphs
from tolerances import near
from toy_data import make_data

from benchmarks.harness import environments
from benchmarks.harness import processes
from benchmarks.harness.measurement import Measurement
from benchmarks.peers import ours
from benchmarks.peers.exported_data import ExportedData
from benchmarks.peers.trial import EVALUATED
from benchmarks.peers.trial import Trial
from mtnas_tf.data import TaskSpec
from mtnas_tf.metrics import mtl_loss
from studies import __main__ as command
from studies import peers
from studies import trainings
from studies.export import export
from studies.export import export_random
from studies.method import Method
from studies.settings import Settings
from studies.summary import summarize

OURS = Method("us", "plain", "ours")
PEER = Method("them", "defaults", "theirs", "elsewhere")


@pytest.fixture
def settings(tmp_path):
    return Settings(
        num_splits=2, num_seeds=2, is_smoke=True, build_dir=tmp_path / "build"
    )


@pytest.fixture
def trial(tmp_path):
    """A trial on a few random rows."""
    path = tmp_path / "data" / "rows.npz"
    export_random().save(path)
    return Trial(
        data_path=path,
        output_dir=tmp_path / "out",
        options={"recipe": None},
        batch_size=64,
        epochs=3,
    )


def constant(trial, probability):
    """Predictions of the same probability for everything."""
    return {
        split: np.full(trial.data.labels[split].shape, probability)
        for split in EVALUATED
    }


def row(method, split_seed, seed, loss):
    return {
        "library": method.library,
        "variant": method.variant,
        "split_seed": split_seed,
        "seed": seed,
        "test": {"mtl_loss": loss, "a_auc": 1 - loss},
        "best_epoch": 1,
        "dense_parameters": 7,
        "seconds": 1.0,
    }


def test_ids_of_a_field_are_those_of_the_shared_table_renamed(trial):
    data = trial.data
    for index, (field, rows) in enumerate(data.shape.tables.items()):
        hashed = np.concatenate([ids[:, index] for ids in data.ids.values()])
        own = np.concatenate([data.columns(split)[field] for split in data.ids])
        pairs = set(zip(hashed.tolist(), own.tolist(), strict=True))
        assert len(pairs) == len(set(hashed)) == rows
        assert {number for _, number in pairs} == set(range(rows))
    assert sum(data.shape.tables.values()) * 10 == data.shape.num_table_weights


@pytest.mark.parametrize("is_random", [True, False])
def test_export_round_trip(tmp_path, is_random):
    before = export_random() if is_random else export(make_data())
    before.save(tmp_path / "rows.npz")
    after = ExportedData.load(tmp_path / "rows.npz")
    for name in ("fields", "tasks", "num_buckets"):
        assert getattr(after, name) == getattr(before, name)
    for name in ("ids", "labels"):
        for split, values in getattr(before, name).items():
            found = getattr(after, name)[split]
            np.testing.assert_array_equal(found, values)
            assert found.dtype == values.dtype


def test_export_keeps_the_order_of_rows_fields_and_tasks():
    data = make_data()
    exported = export(data)
    assert exported.fields == ("user", "item", "age")
    assert exported.tasks == ("click", "buy")
    assert exported.num_buckets == 11
    for name, rows in data.splits.items():
        np.testing.assert_array_equal(exported.ids[name], rows.inputs["ids"])
        for index, task in enumerate(exported.tasks):
            np.testing.assert_array_equal(
                exported.labels[name][:, index], rows.labels[task][:, 0]
            )


def test_a_trial_survives_json(trial):
    config = json.loads(json.dumps(trial.to_config()))
    assert Trial.from_config(config) == trial


def test_metrics_of_predictions(trial):
    data = trial.data
    labels = data.labels["valid"]
    probabilities = np.random.default_rng(0).uniform(0.1, 0.9, labels.shape)
    found = trainings.evaluate(data, "valid", probabilities)
    likelihood = np.where(labels == 1, probabilities, 1 - probabilities)
    log_losses = -np.log(likelihood).mean(axis=0)
    assert found["mtl_loss"] == pytest.approx(log_losses.sum())
    assert found["b_log_loss"] == pytest.approx(log_losses[1])
    positive, negative = (probabilities[labels[:, 0] == v, 0] for v in (1, 0))
    assert found["a_auc"] == pytest.approx(
        (positive[:, None] > negative).mean()
    )


def test_best_epoch():
    assert trainings.best_epoch([0.5, 0.25, 0.25, 0.3]) == 1


def test_the_test_rows_are_read_at_the_epoch_chosen(
    trial, settings, monkeypatch
):
    # The middle epoch is best on the validation rows, which are balanced;
    # seed 1 does not get past its first training step.
    for epoch, probability in enumerate((0.9, 0.55, 0.8)):
        trial.write(0, epoch, constant(trial, probability))

    def measure(subjects, rounds, log_dir, round_seconds):
        (subject,) = subjects
        assert (subject.module, subject.function) == (
            "benchmarks.peers.ours",
            "training_rounds",
        )
        assert subject.python == sys.executable
        assert rounds == 2
        figures = [{"dense_parameters": 5, "seconds": 2.0}]
        return [
            Measurement("x", figures, versions={"numpy": "2"}, error="gone")
        ]

    monkeypatch.setattr(processes, "measure", measure)
    found = trainings.train(OURS, trial, settings)
    first, second = found.rows
    assert first["best_epoch"] == 2
    assert first["test"] == trainings.evaluate(
        trial.data, "test", constant(trial, 0.55)["test"]
    )
    assert first["valid"]["mtl_loss"] < 1.5
    assert (first["dense_parameters"], first["seconds"]) == (5, 2.0)
    assert second == {**second, "seed": 1, "error": "gone"}
    assert "test" not in second
    assert found.versions == {"numpy": "2"}


def test_what_is_no_probability_is_an_error(trial, settings, monkeypatch):
    for seed in range(2):
        for epoch in range(trial.epochs):
            trial.write(seed, epoch, constant(trial, np.nan))
    monkeypatch.setattr(
        processes, "measure", lambda *_, **__: [Measurement("x", [{}, {}])]
    )
    found = trainings.train(OURS, trial, settings)
    assert all("NaN" in row["error"] for row in found.rows)


def test_an_environment_that_cannot_be_made_is_an_error(
    trial, settings, monkeypatch
):
    def python_of(name):
        raise RuntimeError(f"no {name}")

    monkeypatch.setattr(environments, "python_of", python_of)
    found = trainings.train(PEER, trial, settings)
    assert [row["error"] for row in found.rows] == ["no elsewhere"] * 2


def test_summary_is_paired():
    losses = np.random.default_rng(1).normal(size=(2, 4))
    pairs = [(split, seed) for split in range(2) for seed in range(2)]
    rows = [
        row(method, *pair, float(loss))
        for method, of_method in zip((OURS, PEER), losses, strict=True)
        for pair, loss in zip(pairs, of_method, strict=True)
    ]
    failed = {**row(PEER, 2, 0, 9.0), "error": "no"}
    lonely = row(PEER, 3, 0, float(losses[1].mean()))
    entries = summarize([*rows[::-1], failed, lonely], OURS)
    by_library = {entry["library"]: entry for entry in entries}
    assert [e["test"]["mtl_loss"]["mean"] for e in entries] == pytest.approx(
        sorted(losses.mean(axis=1))
    )
    ours, theirs = by_library["us"], by_library["them"]
    assert (ours["pairs"], theirs["pairs"]) == (4, 5)
    assert ours["test"]["mtl_loss"]["std_error"] == pytest.approx(
        losses[0].std(ddof=1) / 2
    )
    differences = losses[0] - losses[1]
    found = theirs["ours_minus_it"]["mtl_loss"]
    assert found["mean"] == pytest.approx(differences.mean())
    assert found["std_error"] == pytest.approx(differences.std(ddof=1) / 2)
    opposite = theirs["ours_minus_it"]["a_auc"]
    assert opposite["mean"] == pytest.approx(-differences.mean())
    assert ours["ours_minus_it"]["mtl_loss"] == {"mean": 0.0, "std_error": 0.0}


def test_a_summary_without_pairs():
    (entry,) = summarize([row(PEER, 0, 0, 1.0)], OURS)
    assert entry["ours_minus_it"] is None
    assert entry["test"]["mtl_loss"] == {"mean": 1.0, "std_error": None}


@pytest.fixture
def fake_training(monkeypatch):
    """Losses by method; a method without one fails."""
    losses = {peers.OURS.name: 0.5, peers.KERAS.name: 0.75}

    def train(method, trial, settings):
        assert trial.data_path.exists()
        rows = []
        for seed in range(settings.num_seeds):
            found = row(
                method, 0, seed, losses.get(method.name, 0.0) + seed / 10
            )
            del found["split_seed"]
            if method.name not in losses:
                found = {**found, "error": "broken"}
            rows.append(found)
        return trainings.Trainings(rows, {"numpy": "2"})

    monkeypatch.setattr(trainings, "train", train)
    return losses


def test_ours_is_compared_with_the_best_peer(
    fake_training, settings, monkeypatch
):
    methods = (*peers.OUR_OTHERS, *peers.SMOKE_METHODS, PEER)
    monkeypatch.setattr(peers, "SMOKE_METHODS", methods)
    section = peers.run(settings)
    assert section["ours_minus_best_peer"] == {
        "mean": -0.25,
        "std_error": 0.0,
        "peer": "Keras defaults",
        "pairs": 4,
    }
    assert len(section["rows"]) == len(methods) * 4
    assert {r["split_seed"] for r in section["rows"]} == {0, 1}
    page = peers.page(section)
    assert "Keras defaults: **-0.2500 ± 0.0000** (4 pairs)" in page
    assert "- them defaults: broken" in page
    assert page.index("| mtnas_tf |") < page.index("| Keras |")


def test_every_method_is_named_once():
    names = [method.name for method in peers.METHODS]
    assert len(set(names)) == len(names)
    requirements = (environments.BENCHMARKS / "requirements").glob("*.txt")
    trained = {method.environment for method in peers.METHODS} - {None}
    assert {*trained, "server"} == {path.stem for path in requirements}


@pytest.mark.filterwarnings("ignore:Even though:UserWarning")
def test_ours_writes_what_the_runner_selects(trial, monkeypatch):
    trial = dataclasses.replace(trial, batch_size=256, epochs=2)
    monkeypatch.setattr(ours, "get_config", lambda: CONFIG)
    found = []
    train = ours.runner.train

    def recorded(*arguments, **keywords):
        found.append(train(*arguments, **keywords))

    monkeypatch.setattr(ours.runner, "train", recorded)
    with without_graphs():
        measure = ours.training_rounds(trial.to_config())
        figures = [measure(), measure()]
    assert figures[0]["dense_parameters"] > 0
    tasks = [TaskSpec(name=task) for task in trial.data.tasks]
    for seed, training in enumerate(found):
        losses = [
            trainings.evaluate(
                trial.data, "valid", trial.read(seed, epoch, "valid")
            )["mtl_loss"]
            for epoch in range(trial.epochs)
        ]
        assert training.epochs == trial.epochs
        assert min(losses) == near(mtl_loss(tasks, training.valid))
    assert not np.array_equal(*(trial.read(s, 0, "test") for s in range(2)))


@pytest.mark.slow
def test_a_smoke_run_trains_our_own(monkeypatch, tmp_path):
    output = tmp_path / "results.json"
    monkeypatch.setattr(command, "BUILD_DIR", tmp_path / "build")
    monkeypatch.setattr(peers, "SMOKE_METHODS", (peers.OURS,))
    arguments = ["studies", "--smoke", "--only", "peers"]
    arguments += ["--output", str(output)]
    monkeypatch.setattr(sys, "argv", arguments)
    assert command.main() == 0
    (found,) = json.loads(output.read_text())["sections"]["peers"]["rows"]
    assert 1.0 < found["test"]["mtl_loss"] < 2.0
    assert found["dense_parameters"] == 32_594
