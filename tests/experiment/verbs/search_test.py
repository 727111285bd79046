import csv
import json

import keras
import pytest
from checks import assert_same_weights
from run_folders import files_of
from run_folders import read_json
from tiny_experiment import CONFIG
from tolerances import assert_near
from tolerances import near

from mtnas_tf.config import load_config
from mtnas_tf.config import with_section
from mtnas_tf.experiment import building
from mtnas_tf.experiment import run_directory
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.epoch_order import EpochOrder
from mtnas_tf.experiment.verbs.derive import derive
from mtnas_tf.experiment.verbs.search import search
from mtnas_tf.models import AutoMTL
from mtnas_tf.routes import Route

pytestmark = [
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
    pytest.mark.usefixtures("eagerly"),
]


def test_a_search_balances_no_tasks(tmp_path):
    config = with_section(CONFIG, "optim", balancing="pcgrad")
    with pytest.raises(ValueError, match="`optim.balancing` must be None for"):
        search(config, tmp_path / "run")
    assert not files_of(tmp_path)


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
        results["valid_loss"]
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
            search(synthetic_config, workdir)
    assert not workdir.exists()
    search(synthetic_config, workdir)

    straight = keras.saving.load_model(searched[0] / "search.keras")
    resumed = keras.saving.load_model(workdir / "search.keras")
    assert_same_weights(resumed, straight)
    for name in ("history.csv", "route_history.jsonl"):
        assert (workdir / name).read_text() == (
            (searched[0] / name).read_text()
        )


@pytest.mark.slow
def test_run_can_be_repeated_from_its_config(searched, tmp_path):
    workdir, results = searched
    config = load_config(workdir / "config.json")
    again = search(config, tmp_path / "again")
    assert again["valid"] == near(results["valid"])
    first, second = (
        keras.saving.load_model(path / "search.keras")
        for path in (workdir, tmp_path / "again")
    )
    assert_near(
        first.supernet.policy.logits, second.supernet.policy.logits, scale=1.0
    )


@pytest.mark.slow
def test_search_among_candidates_leaves_a_run_directory(candidates_run):
    workdir, results, lines = candidates_run
    assert files_of(workdir) == {
        "about.json",
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
        "report.html",
    }
    config = load_config(workdir / "config.json")
    assert config.search.method == "candidates"
    assert read_json(workdir / "metrics.json") == results
    assert len(lines) == 4  # two rounds, a final one, and the metrics
    with (workdir / "candidates.csv").open(newline="") as file:
        candidates = list(csv.DictReader(file))
    assert len(candidates) == 3 * config.search.candidates.num_places
    assert results["epochs"] == sum(int(c["epochs"]) for c in candidates)
    best = max(candidates, key=lambda c: float(c["score"]))
    assert Route.from_json(best["route"]) == Route.load(workdir / "route.json")

    model = keras.saving.load_model(workdir / "search.keras")
    assert model.route == Route.load(workdir / "route.json")
    assert model.route.to_dict() == results["route"]
    assert building.count_parameters(model) == results["num_parameters"]
    valid = model.evaluate_by_task(runner.load_data(config).valid)
    assert valid == near(results["valid"])


@pytest.mark.slow
def test_auto_mtl_is_searched_frozen_and_trained_anew(
    synthetic_config, tmp_path
):
    config = with_section(synthetic_config, "search", method="auto_mtl")
    config = with_section(config, "search.supernet", epochs=3)
    config = with_section(config, "model", num_layers=2)
    config = with_section(config, "optim", epochs=1)
    workdir = tmp_path / "run"
    search(config, workdir)
    searched = keras.saving.load_model(workdir / "search.keras")
    assert type(searched.supernet) is AutoMTL
    frozen = searched.estimator.is_frozen(searched.supernet.policy).numpy()
    assert frozen.sum() == 3  # after steps 2, 3 and 4, of four
    lines = (workdir / "route_history.jsonl").read_text().splitlines()
    assert "top_prob/task_1_2" in json.loads(lines[-1])
    derived = derive(workdir)
    assert derived["weights"] == "retrain"
    model = keras.saving.load_model(workdir / "model.keras")
    assert model.route == searched.route == Route.load(workdir / "route.json")


@pytest.mark.slow
def test_search_within_a_budget(synthetic_config, tmp_path):
    config = with_section(synthetic_config, "search", method="candidates")
    lines = []
    search(config, tmp_path / "run", lines.append, budget=1e-6)
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


def test_training_that_diverges_leaves_no_directory(synthetic_config, tmp_path):
    config = with_section(synthetic_config, "optim", learning_rate=1e38)
    with pytest.raises(FloatingPointError, match="training diverged"):
        search(config, tmp_path / "run")
    assert files_of(tmp_path) == set()


def test_existing_directory_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(runner, "load_data", None)  # refused before that
    (tmp_path / "file").write_text("earlier")
    with pytest.raises(FileExistsError, match="`workdir` must not exist"):
        search(CONFIG, tmp_path)
    assert files_of(tmp_path) == {"file"}
