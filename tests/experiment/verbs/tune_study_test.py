"""Tunings that several processes share."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import optuna
import pytest
from scripted_tuning import METHODS
from scripted_tuning import TUNED
from scripted_tuning import run
from scripted_tuning import trials_of

from mtnas_tf.config import config_digest
from mtnas_tf.config import with_section
from mtnas_tf.experiment import shared_study
from mtnas_tf.experiment.held_file import held_file
from mtnas_tf.experiment.shared_study import _study
from mtnas_tf.experiment.shared_study import check_journal
from mtnas_tf.experiment.shared_study import trials_of_study
from mtnas_tf.experiment.tuned import RANGES
from mtnas_tf.experiment.verbs.tune import tune

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


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
    _study(optuna, path, name).ask()  # a trial that never ends
    trials = trials_of(run(num_trials=3, study=path), method)
    assert trials[0]["learning_rate"] == TUNED.optim.learning_rate
    assert len(trials) == 3 and 0 not in [trial["trial"] for trial in trials]


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


def test_all_wait_for_the_one_that_makes_the_first_trial(monkeypatch, tmp_path):
    """However slow it is, no other makes that trial again."""
    made, waiting, both_wait = [], [], Event()
    defaults = dict.fromkeys(RANGES, 0.5)

    def held(path, waits):
        if waits:
            waiting.append(path)
        if len(waiting) == 2:
            both_wait.set()
        return held_file(path, waits)

    def try_values(number, values):
        if values == defaults:
            assert both_wait.wait(60)
        made.append(values)
        return {"loss": 1.0, "std_error": 0.0, "seconds": 0.0}

    def work(_):
        path = tmp_path / "a.journal"
        return trials_of_study(optuna, path, "s", 6, defaults, try_values)

    monkeypatch.setattr(shared_study, "held_file", held)
    with ThreadPoolExecutor(3) as executor:
        results = list(executor.map(work, range(3)))
    assert made.count(defaults) == 1
    assert 7 <= len(made) <= 8  # the two that wait have made six or seven
    for rows in results:
        assert rows[0]["learning_rate"] == 0.5
        assert len(rows) == len(made)


def test_a_file_is_let_go_when_who_holds_it_is_killed(tmp_path):
    path = tmp_path / "a.lock"
    code = (
        "import time; from mtnas_tf.experiment.held_file import held_file"
        f"\nwith held_file({str(path)!r}): print('held', flush=True); "
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with held_file(path, waits=False) as is_ours:
            assert not is_ours
        other.kill()
        with held_file(path) as is_ours:
            assert is_ours


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        (".", "must be a file in a folder that exists"),
        ("absent/study.journal", "must be a file in a folder that exists"),
        ("log.csv", "must be a new file, or the one that other `mtnas tune`"),
    ],
)
def test_what_is_no_journal_is_refused_first(name, rule, tmp_path):
    (tmp_path / "log.csv").write_text("click,like\n1,0\n", encoding="utf-8")
    with pytest.raises(ValueError, match=f"`study` {rule}.*study="):
        tune(TUNED, 3, tmp_path / "run", study=tmp_path / name)


def test_a_journal_is_one(tmp_path):
    _study(optuna, tmp_path / "a.journal", "s")
    check_journal(tmp_path / "a.journal")
    check_journal(tmp_path / "new.journal")
