import json
import math
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import optuna
import pytest
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from tiny_experiment import without_graphs
from tolerances import near

from mtnas_tf.config import config_digest
from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison.baseline import Baseline
from mtnas_tf.experiment.shared_study import _study
from mtnas_tf.experiment.tuned import RANGES
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.experiment.verbs import tune as tuning
from mtnas_tf.experiment.verbs.tune import markdown_page
from mtnas_tf.experiment.verbs.tune import text_page
from mtnas_tf.experiment.verbs.tune import tuned_values
from mtnas_tf.population import CandidateTrainer

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")

BASELINES = ("single_task", "mmoe")
METHODS = (*BASELINES, "mtnas")
TUNED = with_section(CONFIG, "model", baselines=BASELINES)
BEST = {"learning_rate": 0.003, "weight_decay": 0.0002}


@pytest.fixture
def losses(monkeypatch):
    """A bowl around `BEST` in place of trainings, deeper for some methods."""

    def bowl(method, config, data):
        distance = sum(
            math.log(getattr(config.optim, name) / BEST[name]) ** 2
            for name in RANGES
        )
        loss = METHODS.index(method) + distance
        return [loss - 0.5, loss + 0.5]

    monkeypatch.setattr(tuning, "_losses", bowl)


def run(config=TUNED, num_trials=4, **kwargs):
    kwargs = {"load": load_data, "report": lambda line: None, **kwargs}
    return tuned_values(config, num_trials, **kwargs)


def trials_of(result, method):
    return [t for t in result["trials"] if t["method"] == method]


def test_every_method_has_as_many_trials(losses):
    result = run()
    assert [t["method"] for t in result["trials"]] == [
        method for method in METHODS for _ in range(4)
    ]
    for method in METHODS:
        assert [t["trial"] for t in trials_of(result, method)] == [0, 1, 2, 3]


def test_the_first_trial_is_the_config_itself(losses):
    config = with_section(TUNED, "optim", learning_rate=0.5, weight_decay=1e-9)
    first = run(config, num_trials=1)["trials"][0]
    assert (first["learning_rate"], first["weight_decay"]) == (0.5, 1e-9)


def test_methods_are_offered_the_same_values_in_range(losses):
    result = run(num_trials=6)
    for name, (low, high) in RANGES.items():
        each = [[t[name] for t in trials_of(result, m)] for m in METHODS]
        assert each[0] == each[1] == each[2]
        assert all(low <= value <= high for value in each[0][1:])
        assert len(set(each[0])) == 6


def test_the_best_is_of_least_mean_loss(losses):
    result = run(num_trials=5)
    for index, method in enumerate(METHODS):
        trials = trials_of(result, method)
        best = min(trials, key=lambda t: t["loss"])
        assert result["best"][method] == {
            "learning_rate": best["learning_rate"],
            "weight_decay": best["weight_decay"],
            "loss": best["loss"],
            "default_loss": trials[0]["loss"],
        }
        assert best["loss"] >= index
        assert best["std_error"] == pytest.approx(0.5)


def test_proposals_close_in_on_the_best(losses):
    trials = trials_of(run(num_trials=40), "mmoe")
    found = [trial["loss"] for trial in trials]
    assert np.mean(found[-10:]) < np.mean(found[:10])
    assert min(found) < 1.2


def test_a_trial_is_mean_validation_loss_of_trainings(monkeypatch):
    seen = []
    train = CandidateTrainer.train

    def recorded(self, data, routes, seeds):
        seen.append((self.population.schema.task_names, list(seeds)))
        optimizer = self.population.optimizer
        assert float(optimizer.learning_rate) == pytest.approx(0.01)
        assert optimizer.coupled_decay == 1e-5
        yield from train(self, data, routes, seeds)

    monkeypatch.setattr(CandidateTrainer, "train", recorded)
    unread = property(lambda self: pytest.fail("the test split is read"))
    data = load_data(TUNED)
    monkeypatch.setattr(type(data), "test", unread)
    with without_graphs():
        result = run(num_trials=1)
        expected = Baseline("mmoe", TUNED, data.schema).valid_losses(
            data, [3, 4, 5]
        )
    starts = [3, 4, 5]  # from the config's seed, one for each place
    both = ("click", "buy")
    # One network serves the tasks of a kind, under the name of the first.
    tasks = [("click",), ("click",), both, both, both]
    assert seen == [(names, starts) for names in tasks]
    (trial,) = trials_of(result, "mmoe")
    assert trial["loss"] == near(np.mean(expected))
    assert np.std(expected) > 0


def test_trials_are_kept_and_reported_as_they_come(losses):
    kept, lines = [], []
    result = run(report=lines.append, keep=kept.append)
    assert kept == result["trials"]
    assert len(lines) == len(kept)
    assert lines[0] == (
        "single_task trial 1, 0 s: learning rate 0.01, weight decay "
        f"{kept[0]['weight_decay']:.2g}: validation loss {kept[0]['loss']:.4f}"
    )


@pytest.fixture
def tuned(losses, tmp_path):
    """A config whose `optim.tuned` is a file that `tune` filled."""
    path = tmp_path / "tune.json"
    result = run()
    path.write_text(json.dumps(result))
    return with_section(TUNED, "optim", tuned=str(path)), result


@pytest.mark.parametrize("method", METHODS)
def test_values_of_a_method(tuned, method):
    config, result = tuned
    optim = with_tuned(config, method).optim
    best = result["best"][method]
    assert optim.learning_rate == best["learning_rate"]
    assert optim.weight_decay == best["weight_decay"]
    assert optim.tuned is None  # the values stay, whatever the file becomes
    back = {n: getattr(config.optim, n) for n in (*RANGES, "tuned")}
    assert with_section(with_tuned(config, method), "optim", **back) == config


def test_a_config_that_is_not_tuned_stays():
    assert with_tuned(TUNED, "no method") == TUNED


def test_a_method_that_was_not_tuned(tuned):
    with pytest.raises(ValueError, match="must hold 'ml_mmoe'.*'mtnas'"):
        with_tuned(tuned[0], "ml_mmoe")


def test_no_file(tmp_path):
    config = with_section(TUNED, "optim", tuned=str(tmp_path / "absent.json"))
    with pytest.raises(
        FileNotFoundError,
        match="`optim.tuned`.*`mtnas tune` wrote.*absent.json",
    ):
        with_tuned(config, "mmoe")


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"best": 3}', '{"best": {"mmoe": {"loss": 1}}}', "\x00PAR1"],
)
def test_a_file_of_something_else(content, tmp_path):
    path = tmp_path / "other.json"
    path.write_text(content)
    config = with_section(TUNED, "optim", tuned=str(path))
    message = "`optim.tuned` must be a `tune.json`.*other.json"
    with pytest.raises(ValueError, match=message):
        with_tuned(config, "mmoe")


def test_page(losses):
    result = run()
    lines = markdown_page(result).split("\n")
    assert [line.split(" | ")[0] for line in lines[2:5]] == [
        f"| {method}" for method in METHODS
    ]
    best = result["best"]["mmoe"]
    assert f"| {best['loss']:.4f} | {best['default_loss']:.4f} |" in lines[3]
    assert "best of 4 trials of each method" in lines[-2]
    assert "Split 0, seed 3" in lines[-2]
    header, _, *rows = text_page(result).split("\n")[:5]
    assert header.split("  ")[0] == "method"
    assert [row.split()[0] for row in rows] == list(METHODS)


def test_trials_of_a_study_are_those_of_all(losses, tmp_path):
    path, kept = tmp_path / "study.journal", []
    first = run(num_trials=2, study=path)
    second = run(num_trials=5, study=path, keep=kept.append)
    for method in METHODS:
        ours = trials_of(second, method)
        assert len(ours) == 5
        assert ours[:2] == trials_of(first, method)
        assert ours[0]["learning_rate"] == TUNED.optim.learning_rate
        assert second["best"][method]["default_loss"] == ours[0]["loss"]
        assert ours[2:] == [t for t in kept if t["method"] == method]
        values = {trial["learning_rate"] for trial in ours}
        assert len(values) == 5
    # What is done is not done again.
    third = run(study=path, num_trials=5, keep=lambda row: pytest.fail("tries"))
    assert (third["trials"], third["best"]) == (
        second["trials"],
        second["best"],
    )
    other = with_section(TUNED, "optim", epochs=7)
    assert len(run(other, num_trials=1, study=path)["trials"]) == len(METHODS)


def test_a_study_whose_first_worker_was_killed(losses, tmp_path):
    path, method = tmp_path / "study.journal", "single_task"
    name = f"{config_digest(TUNED)[:12]} {method}"
    _study(optuna, path, name).ask()  # takes the default, and never ends
    trials = trials_of(run(num_trials=3, study=path), method)
    assert trials[0]["learning_rate"] == TUNED.optim.learning_rate
    assert len(trials) == 4 and 0 not in [trial["trial"] for trial in trials]


def test_workers_of_a_study(losses, tmp_path):
    path = tmp_path / "study.journal"
    with ThreadPoolExecutor(3) as executor:
        futures = [
            executor.submit(run, num_trials=6, study=path) for _ in range(3)
        ]
        results = [future.result() for future in futures]
    for method in METHODS:
        trials = max((trials_of(r, method) for r in results), key=len)
        assert 6 <= len(trials) <= 6 + 2  # those begun meanwhile
        numbers = [trial["trial"] for trial in trials]
        assert len(set(numbers)) == len(numbers)


def test_no_trials():
    with pytest.raises(ValueError, match="`num_trials` must be positive.*=0"):
        run(num_trials=0)


def test_without_optuna(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    message = r"needs Optuna: pip install 'mtnas_tf\[tune\]'"
    with pytest.raises(ImportError, match=message):
        run(load=lambda config: pytest.fail("loads data"))
