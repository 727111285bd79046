import contextlib
import csv
import functools
import json
import math
import shutil

import keras
import numpy as np
import pytest
from checks import assert_same_weights
from mtnas_tf.experiment.progress import shown_progress
from tiny_experiment import CONFIG
from tolerances import assert_near
from tolerances import near

from export.serving import Predictor
from export.serving import predict_file
from mtnas_tf.config import Sweep
from mtnas_tf.config import load_config
from mtnas_tf.config import with_section
from mtnas_tf.experiment import run_directory
from mtnas_tf.experiment import runner
from mtnas_tf.experiment import stages
from mtnas_tf.experiment.budget import Plan
from mtnas_tf.experiment.epoch_order import EpochOrder
from mtnas_tf.experiment.pace import Pace
from mtnas_tf.routes import Route

pytestmark = [
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
    pytest.mark.usefixtures("eagerly"),
]
TASKS = ("task_0", "task_1")
RESULT = {
    "dataset": "toy",
    "protocol": {
        "config": {"data": {}},
        "rows": {"test": 15},
        "num_seeds": 2,
        "num_splits": 3,
        "trainings_of_a_search": 12,
        "date": "2020-02-29",
    },
    "rows": [
        {
            "model": "mtnas",
            "variant": "picked",
            "split_seed": 0,
            "seed": 0,
            "score": 0.5,
            "mtl_loss": 0.5,
            "route": None,
            "num_trainings": 12,
            "num_parameters": {"dense": 7, "embedding": 3},
            "multiply_adds": 8,
            "train_seconds": 2.0,
            "budget": math.nan,
        }
    ],
    "summary": [
        {
            "model": "mtnas",
            "variant": "picked",
            "task": None,
            "metric": metric,
            "mean": 0.5,
            "std_error": 0.1,
        }
        for metric in ("mtl_loss", "score")
    ],
    "claims": [
        {
            "of": ("mtnas", "picked"),
            "minus": ("mmoe", "restarted"),
            "num_pairs": 6,
            "cost_ratio": None,
            "differences": {
                "score": {
                    "mean": 0.25,
                    "std_error": 0.125,
                    "p_value": 0.25,
                    "p_corrected": 0.5,
                    "num_clusters": 3,
                }
            },
        }
    ],
}
CLAIM = "minus mmoe (restarted): score +0.2500 ± 0.1250 (p = 0.5)"


@pytest.fixture(scope="module")
def searched(synthetic_config, eagerly, tmp_path_factory):
    """A run directory after `search`, and what the stage returned."""
    workdir = tmp_path_factory.mktemp("runs") / "searched"
    return workdir, stages.search(synthetic_config, workdir)


def files_of(directory):
    return {path.name for path in directory.iterdir()}


def read_json(path):
    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(path.read_text(), parse_constant=refuse)


def test_search_leaves_a_run_directory(searched, synthetic_config):
    workdir, results = searched
    assert {
        "config.json",
        "history.csv",
        "metrics.json",
        "route_history.jsonl",
        "schema.json",
        "search.keras",
        "tensorboard",
    } <= files_of(workdir)
    assert files_of(workdir.parent) == {"searched"}
    assert load_config(workdir / "config.json") == synthetic_config
    assert read_json(workdir / "metrics.json") == results
    with (workdir / "history.csv").open() as file:
        history = list(csv.DictReader(file))
    assert [row["epoch"] for row in history] == ["0", "1"]
    assert float(history[-1]["val_loss"]) == pytest.approx(
        results["valid"]["loss"]
    )
    routes = (workdir / "route_history.jsonl").read_text().splitlines()
    search = keras.saving.load_model(workdir / "search.keras")
    last = json.dumps(json.loads(routes[-1])["route"])
    assert Route.from_json(last) == search.route


def test_killed_search_goes_on_as_if_never_killed(
    searched, synthetic_config, tmp_path, monkeypatch
):
    class Killed(BaseException):
        pass

    def die(self, epoch, logs=None):
        self.data.seek(epoch)
        if epoch == 1:
            raise Killed

    workdir = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(EpochOrder, "on_epoch_begin", die)
        # A killed process cleans nothing up.
        patch.setattr(run_directory.shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(Killed):
            stages.search(synthetic_config, workdir)
    assert not workdir.exists()
    stages.search(synthetic_config, workdir)

    straight = keras.saving.load_model(searched[0] / "search.keras")
    resumed = keras.saving.load_model(workdir / "search.keras")
    assert_same_weights(resumed, straight)
    for name in ("history.csv", "route_history.jsonl"):
        assert (workdir / name).read_text() == (
            (searched[0] / name).read_text()
        )


# None: what the config says, "retrain".
@pytest.mark.parametrize("weights", ["inherit", "finetune", None])
def test_from_search_to_predictions(
    searched, synthetic_config, tmp_path, weights
):
    workdir, _ = searched
    results = stages.derive_run(workdir, weights)
    route = stages.saved_route(workdir)
    assert route.to_dict() == results["route"]
    assert {"model.keras", "route.json", "route.svg", "route.png"} <= (
        files_of(workdir)
    )
    model = keras.saving.load_model(workdir / "model.keras")
    assert model.route == route
    assert results["epochs"] == (0 if weights == "inherit" else 2)

    metrics = stages.evaluate(workdir, "test")
    data = runner.load_data(synthetic_config)
    assert metrics == model.evaluate(data.test, return_dict=True)
    kept = read_json(workdir / "metrics.json")
    assert kept["evaluated"] == {"test": metrics}

    formats = ("onnx", "saved_model") if weights == "inherit" else ("onnx",)
    directory = stages.export(workdir, formats)
    assert directory == workdir / "export"
    expected = {"onnx": "model.onnx", "saved_model": "saved_model"}
    names = {expected[name] for name in formats}
    assert files_of(directory) == {"manifest.json", *names}

    rows = data.splits["test"].inputs["values"]
    text = [",".join(f"x_{i}" for i in range(rows.shape[1]))]
    text += [",".join(map(str, row)) for row in rows.tolist()]
    (tmp_path / "rows.csv").write_text("\n".join(text))
    predictor = Predictor(directory)
    path = tmp_path / "predictions.csv"
    assert predict_file(predictor, tmp_path / "rows.csv", path) == len(rows)
    served = np.loadtxt(path, delimiter=",", skiprows=1)
    outputs = model.predict({"values": rows}, verbose=0)
    for index, task in enumerate(TASKS):
        assert_near(served[:, index], outputs[task][:, 0])


def test_run_can_be_repeated_from_its_config(searched, tmp_path):
    workdir, results = searched
    config = load_config(workdir / "config.json")
    again = stages.search(config, tmp_path / "again")
    assert again["valid"] == near(results["valid"])
    first, second = (
        keras.saving.load_model(path / "search.keras")
        for path in (workdir, tmp_path / "again")
    )
    assert_near(
        first.supernet.policy.logits, second.supernet.policy.logits, scale=1.0
    )


def test_train(synthetic_config, tmp_path):
    workdir = tmp_path / "run"
    synthetic_config = with_section(synthetic_config, "data", batch_size=70)
    results = stages.train(synthetic_config, "mmoe", workdir)
    assert {
        "config.json",
        "history.csv",
        "metrics.json",
        "model.keras",
        "schema.json",
        "tensorboard",
    } <= files_of(workdir)
    data = runner.load_data(synthetic_config)
    model = keras.saving.load_model(workdir / "model.keras")
    valid = model.evaluate(data.valid, return_dict=True)
    assert valid == near(results["valid"])
    # More rows than whole batches, each once.
    split = runner.load_data(synthetic_config).splits["train"]
    metrics = stages.evaluate(workdir, "train")
    outputs = model.predict(split.inputs, verbose=0)
    errors = [np.square(outputs[t] - split.labels[t]).mean() for t in TASKS]
    assert metrics["loss"] == pytest.approx(sum(errors), rel=1e-5)
    kept = {**results, "evaluated": {"train": metrics}}
    assert read_json(workdir / "metrics.json") == kept


@pytest.fixture(scope="module")
def candidates_run(synthetic_config, eagerly, tmp_path_factory):
    """A search among candidates: its directory, its results, its lines."""
    config = with_section(synthetic_config, "search", method="candidates")
    workdir = tmp_path_factory.mktemp("runs") / "candidates"
    lines = []
    return workdir, stages.search(config, workdir, lines.append), lines


def test_search_among_candidates_leaves_a_run_directory(candidates_run):
    workdir, results, lines = candidates_run
    assert files_of(workdir) == {
        "config.json",
        "metrics.json",
        "schema.json",
        "search.keras",
        "route.json",
        "route.svg",
        "route.png",
        "best_mean_route.json",
        "candidates.csv",
        "pareto.svg",
    }
    config = load_config(workdir / "config.json")
    assert config.search.method == "candidates"
    assert read_json(workdir / "metrics.json") == results
    assert len(lines) == 3  # two rounds and a final one
    with (workdir / "candidates.csv").open(newline="") as file:
        candidates = list(csv.DictReader(file))
    assert len(candidates) == 3 * config.search.candidates.num_places
    assert results["epochs"] == sum(int(c["epochs"]) for c in candidates)
    best = max(candidates, key=lambda c: float(c["score"]))
    assert Route.from_json(best["route"]) == stages.saved_route(workdir)

    model = keras.saving.load_model(workdir / "search.keras")
    assert model.route == stages.saved_route(workdir)
    assert model.route.to_dict() == results["route"]
    assert runner.count_parameters(model) == results["num_parameters"]
    valid = model.evaluate(runner.load_data(config).valid, return_dict=True)
    assert valid == near(results["valid"])


# None: the network that the search ended with.
@pytest.mark.parametrize("weights", [None, "finetune", "retrain"])
def test_derived_from_candidates(candidates_run, tmp_path, weights):
    workdir = tmp_path / "run"
    shutil.copytree(candidates_run[0], workdir)
    picked = stages.saved_route(workdir)
    before = keras.saving.load_model(workdir / "search.keras")
    results = stages.derive_run(workdir, weights)
    model = keras.saving.load_model(workdir / "model.keras")
    assert results["weights"] == (weights or "inherit")
    assert read_json(workdir / "metrics.json")["derived"] == results
    if weights == "retrain":
        expected = Route.load(workdir / "best_mean_route.json")
    else:
        expected = picked
    assert model.route == stages.saved_route(workdir) == expected
    if weights is None:
        assert_same_weights(model, before)
    assert results["epochs"] == (2 if weights else 0)
    metrics = stages.evaluate(workdir, "valid")
    assert metrics == near(results["valid"])


def test_the_searched_network_can_be_derived_again(candidates_run, tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(candidates_run[0], workdir)
    searched = keras.saving.load_model(workdir / "search.keras")
    stages.derive_run(workdir, "retrain")
    stages.evaluate(workdir, "valid")
    stages.export(workdir, ("onnx",))
    (workdir / "export" / "predictions.csv").write_text("of a user\n")
    stages.derive_run(workdir, "inherit")
    model = keras.saving.load_model(workdir / "model.keras")
    assert_same_weights(model, searched)
    # What was made of the earlier network is gone, and nothing else.
    assert files_of(workdir / "export") == {"predictions.csv"}
    metrics = read_json(workdir / "metrics.json")
    assert set(metrics) == {*candidates_run[1], "derived"}
    assert metrics["valid"] == candidates_run[1]["valid"]
    with pytest.raises(FileNotFoundError, match="must be an export"):
        Predictor(workdir / "export")


@pytest.mark.parametrize("stage", ["search", "train"])
def test_training_that_diverges_leaves_no_directory(
    synthetic_config, tmp_path, stage
):
    config = with_section(synthetic_config, "optim", learning_rate=1e38)
    arguments = {"search": (), "train": ("shared_bottom",)}[stage]
    with pytest.raises(FloatingPointError, match="training diverged"):
        getattr(stages, stage)(config, *arguments, tmp_path / "run")
    assert files_of(tmp_path) == set()


def test_compare(synthetic_config, tmp_path, monkeypatch):
    def compare(config, num_seeds, num_splits, load, say, keep, known):
        assert known == []
        say(f"{num_seeds} seeds, {num_splits} splits")
        say(f"{len(load(config).splits['test'])} rows")
        keep(RESULT["rows"][0])
        return RESULT

    monkeypatch.setattr(stages.comparison, "compare", compare)
    workdir, lines = tmp_path / "run", []
    result = stages.compare(synthetic_config, 2, workdir, lines.append, 3)
    assert result is RESULT
    assert lines == ["2 seeds, 3 splits", "15 rows"]
    assert files_of(workdir) == {
        "config.json",
        "compare.json",
        "compare.md",
        "compare.html",
        "pareto.svg",
    }
    assert load_config(workdir / "config.json") == synthetic_config
    written = read_json(workdir / "compare.json")
    assert written["rows"] == [{**RESULT["rows"][0], "budget": None}]
    table = (workdir / "compare.md").read_text(encoding="utf-8")
    assert "| mtnas (picked) | 0.5000 ± 0.1000 |" in table
    assert "Test split (15 rows)" in table
    assert CLAIM in table
    page = (workdir / "compare.html").read_text(encoding="utf-8")
    assert "<td>0.5000 ± 0.1000</td>" in page
    assert CLAIM in page


def test_search_within_a_budget(synthetic_config, tmp_path):
    config = with_section(synthetic_config, "search", method="candidates")
    lines = []
    stages.search(config, tmp_path / "run", lines.append, budget=1e-6)
    assert lines[0].startswith("about ")
    assert "1 of 2 rounds of the search and the final" in lines[1]
    assert "more than the budget" in lines[2]
    with (tmp_path / "run" / "candidates.csv").open(newline="") as file:
        assert (
            len(list(csv.DictReader(file)))
            == config.search.candidates.num_places
        )
    kept = load_config(tmp_path / "run" / "config.json").search.candidates
    assert (kept.num_rounds, kept.num_final_rounds) == (1, 0)


def test_compare_within_a_budget(synthetic_config, tmp_path, monkeypatch):
    shown = []

    @contextlib.contextmanager
    def progress_kept(*arguments):
        with shown_progress(*arguments) as progress:
            shown.append(progress)
            yield progress

    monkeypatch.setattr(stages, "shown_progress", progress_kept)
    lines = []
    result = stages.compare(
        synthetic_config, 2, tmp_path / "run", lines.append, budget=1e-6
    )
    protocol = result["protocol"]
    assert (protocol["num_seeds"], protocol["num_splits"]) == (1, 1)
    assert {row["model"] for row in result["rows"]} >= {"mtnas", "mmoe"}
    assert "single_task" not in {row["model"] for row in result["rows"]}
    (told,) = (line for line in lines if "left out for a budget" in line)
    assert "reinforce" in told and "1 of 2 seeds" in told
    plan = Plan.from_json((tmp_path / "run" / "plan.json").read_text())
    assert plan.config.model.baselines == ("mmoe",)
    assert load_config(tmp_path / "run" / "config.json") == plan.config
    assert not (tmp_path / "run" / "budget.json").exists()
    (progress,) = shown
    # Not all that may be trained is: an equal MMoE, a route that is known.
    assert 0.5 * progress.total < progress.done <= progress.total


def test_an_interrupted_comparison_keeps_its_plan(
    synthetic_config, tmp_path, monkeypatch
):
    seen = []

    def compare(config, num_seeds, num_splits, load, say, keep, known):
        seen.append((config, num_seeds, len(known)))
        keep({"model": "mmoe"})
        raise KeyboardInterrupt

    monkeypatch.setattr(stages.comparison, "compare", compare)
    for budget, seconds in (30, 60), (30, 1), (90, 60):
        pace = Pace(compilation=0.0, training=seconds)
        measure = functools.partial(lambda pace, *_: pace, pace)
        monkeypatch.setattr(stages, "measure_pace", measure)
        with pytest.raises(KeyboardInterrupt):
            stages.compare(
                synthetic_config, 3, tmp_path / "run", print, budget=budget
            )
    first, second, third = seen
    assert second == (*first[:2], 1)  # however fast the machine is now
    assert third[0] != first[0] or third[1] > first[1]
    assert third[2] == 0


def test_interrupted_comparison_goes_on(
    synthetic_config, tmp_path, monkeypatch
):
    seen = []

    def compare(config, num_seeds, num_splits, load, say, keep, known):
        seen.append([row["mtl_loss"] for row in known])
        keep({"model": "mmoe", "seed": 3, "mtl_loss": math.nan})
        keep({"model": "mmoe", "seed": 4, "mtl_loss": 0.5})
        if len(seen) < 4:
            raise KeyboardInterrupt
        return RESULT

    monkeypatch.setattr(stages.comparison, "compare", compare)
    other = with_section(synthetic_config, "optim", epochs=7)
    for config, num_seeds in (
        (synthetic_config, 2),
        (synthetic_config, 2),
        (synthetic_config, 3),  # other pairs: another comparison
    ):
        with pytest.raises(KeyboardInterrupt):
            stages.compare(config, num_seeds, tmp_path / "run")
    (file,) = tmp_path.glob("*/rows_2x1.jsonl")
    with file.open("a") as cut:
        cut.write('{"model": "mm')  # killed while it was written
    stages.compare(synthetic_config, 2, tmp_path / "run")
    assert seen == [[], [None, 0.5], [], [None, 0.5] * 2]
    assert not list(tmp_path.glob("*/rows*"))
    stages.compare(other, 2, tmp_path / "other")
    assert seen[-1] == []


def test_interrupted_sweep_goes_on(synthetic_config, tmp_path, monkeypatch):
    seen = []

    def run_sweep(plan, num_seeds, num_splits, load, say, keep, known):
        seen.append([row["seed"] for row in known])
        keep({"variant_of_sweep": "wide", "seed": 3})
        raise KeyboardInterrupt

    monkeypatch.setattr(stages.sweeping, "run_sweep", run_sweep)
    wide = {"plain": (), "wide": ("model.units=9",)}
    wider = {"plain": (), "wide": ("model.units=10",)}
    for variants, num_seeds in (wide, 1), (wide, 1), (wide, 2), (wider, 1):
        plan = Sweep(title="Toy", config=synthetic_config, variants=variants)
        with pytest.raises(KeyboardInterrupt):
            stages.sweep(plan, num_seeds, tmp_path / "run")
    assert seen == [[], [3], [], []]


@pytest.mark.parametrize(
    "run",
    [
        lambda workdir: stages.search(CONFIG, workdir),
        lambda workdir: stages.train(CONFIG, "mmoe", workdir),
        lambda workdir: stages.compare(CONFIG, 1, workdir),
    ],
    ids=["search", "train", "compare"],
)
def test_existing_directory_is_left_alone(monkeypatch, tmp_path, run):
    monkeypatch.setattr(runner, "load_data", None)  # refused before that
    (tmp_path / "file").write_text("earlier")
    with pytest.raises(FileExistsError, match="`workdir` must not exist"):
        run(tmp_path)
    assert files_of(tmp_path) == {"file"}


def test_stages_out_of_order(synthetic_config, tmp_path):
    for stage in (
        lambda workdir: stages.derive_run(workdir, "inherit"),
        lambda workdir: stages.evaluate(workdir, "test"),
    ):
        with pytest.raises(FileNotFoundError, match="no run directory"):
            stage(tmp_path / "run")
    workdir = tmp_path / "run"
    workdir.mkdir()
    (workdir / "config.json").write_text(synthetic_config.to_json())
    with pytest.raises(FileNotFoundError, match="Run `mtnas search` first"):
        stages.derive_run(workdir, "inherit")
    message = "no model.keras in .*Run `mtnas derive` or `mtnas train` first"
    for stage in (
        lambda workdir: stages.evaluate(workdir, "test"),
        lambda workdir: stages.export(workdir, ("onnx",)),
    ):
        with pytest.raises(FileNotFoundError, match=message):
            stage(workdir)
