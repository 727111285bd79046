import json
import math
import sys

import numpy as np
import pytest
from run_folders import files_of
from run_folders import read_json
from scripted_tuning import BASELINES
from scripted_tuning import METHODS
from scripted_tuning import TUNED
from scripted_tuning import bowl
from scripted_tuning import run
from scripted_tuning import trials_of
from tiny_experiment import load_data
from tiny_experiment import without_graphs
from tolerances import near

from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison.baseline import Baseline
from mtnas_tf.experiment.tuned import RANGES
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.experiment.tuning.report import markdown_page
from mtnas_tf.experiment.tuning.report import text_page
from mtnas_tf.experiment.verbs import tune as tuning
from mtnas_tf.population import CandidateTrainer

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


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


@pytest.mark.slow
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


def test_a_run_has_a_report(losses, synthetic_config, tmp_path):
    config = with_section(synthetic_config, "model", baselines=BASELINES)
    lines = []
    tuning.tune(config, 2, tmp_path / "run", lines.append)
    assert files_of(tmp_path / "run") == {
        "about.json",
        "config.json",
        "tune.json",
        "tune.md",
        "report.html",
    }
    about = read_json(tmp_path / "run" / "about.json")
    assert about["made_by"] == "mtnas tune --trials 2"
    assert lines[0] == (
        "6 trials: 2 of each of single_task, mmoe, mtnas (routes), 3 trainings "
        "side by side a trial"
    )
    assert lines[-1].endswith(f"written to {tmp_path / 'run'}")


def test_a_trial_that_diverges_is_counted_and_ends_nothing(
    losses, monkeypatch, tmp_path
):
    def first_diverges(method, config, data):
        if config.optim.learning_rate == TUNED.optim.learning_rate:
            raise FloatingPointError("`loss` is nan")
        return bowl(method, config, data)

    monkeypatch.setattr(tuning, "_losses", first_diverges)
    for study in (None, tmp_path / "a.journal"):
        lines = []
        result = run(report=lines.append, study=study)
        for method in METHODS:
            first, *others = trials_of(result, method)
            assert first["loss"] == math.inf and len(others) == 3
            best = result["best"][method]
            assert best["loss"] == min(trial["loss"] for trial in others)
            assert best["default_loss"] == math.inf
        assert lines[0].endswith("validation loss diverged")
        page = markdown_page(result)
        assert "| diverged |" in page and "3 trials of 12 diverged." in page


def test_all_trials_diverge(losses, monkeypatch):
    def diverge(method, config, data):
        raise FloatingPointError("`loss` is nan")

    monkeypatch.setattr(tuning, "_losses", diverge)
    message = "All 2 trials of `single_task` diverged. Look at the inputs"
    with pytest.raises(FloatingPointError, match=message):
        run(num_trials=2)


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


def test_no_trials():
    with pytest.raises(ValueError, match="`num_trials` must be positive.*=0"):
        run(num_trials=0)


def test_without_optuna(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    message = r"needs Optuna: pip install 'mtnas_tf\[tune\]'"
    with pytest.raises(ImportError, match=message):
        run(load=lambda config: pytest.fail("loads data"))
