import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mtnas_tf.experiment.run_directory import new_directory
from mtnas_tf.experiment.run_directory import run_directory
from mtnas_tf.experiment.run_directory import whole_file
from mtnas_tf.experiment.run_directory import write_text

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
from mtnas_tf.experiment.run_directory import run_directory
with run_directory(sys.argv[1]) as run:
    (run / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
INPUTS = {"config.json": "a"}


def names(directory):
    return sorted(path.name for path in directory.rglob("*"))


@pytest.mark.parametrize("kind", [str, Path])
def test_run_directory_appears_whole(tmp_path, kind):
    workdir = tmp_path / "runs" / "first"
    with run_directory(kind(workdir)) as run:
        (run / "file").write_text("whole")
        assert not workdir.exists()
    assert names(tmp_path) == ["file", "first", "runs"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_failed_run_directory_leaves_nothing(tmp_path, error):
    with pytest.raises(error), run_directory(tmp_path / "run") as run:
        (run / "file").write_text("half")
        raise error
    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_run_directory_that_can_go_on_stays(tmp_path, error):
    workdir = tmp_path / "run"
    for number in range(2):
        with pytest.raises(error):
            with run_directory(workdir, INPUTS, results="*.jsonl") as run:
                assert (run / "rows.jsonl").exists() == (number == 1)
                (run / "rows.jsonl").write_text("{}")
                raise error
    assert names(tmp_path) == ["config.json", "rows.jsonl", "run.partial"]


def test_failed_run_directory_without_results_leaves_nothing(tmp_path):
    with pytest.raises(ValueError):
        with run_directory(tmp_path / "run", INPUTS, results="*.jsonl") as run:
            (run / "file").write_text("half")
            raise ValueError
    assert names(tmp_path) == []


def test_killed_run_directory_leaves_only_the_partial(tmp_path):
    workdir = tmp_path / "run"
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(workdir)], cwd=ROOT
    )
    assert process.returncode == -signal.SIGKILL
    assert names(tmp_path) == ["half", "run.partial"]
    with run_directory(workdir) as run:
        assert not any(run.iterdir())
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize(("table", "kept"), [("a", True), ("b", False)])
def test_partial_of_the_same_inputs_is_gone_on_with(tmp_path, table, kept):
    partial = tmp_path / "run.partial"
    partial.mkdir()
    (partial / "config.json").write_text("a")
    (partial / "table.json").write_text("a")
    (partial / "half").write_text("half")
    inputs = {"config.json": "a", "table.json": table}
    with run_directory(tmp_path / "run", inputs) as run:
        assert (run / "half").exists() == kept
        assert (run / "config.json").read_text() == "a"
        assert (run / "table.json").read_text() == table


def test_results_of_other_inputs_are_never_removed(tmp_path):
    workdir = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        with run_directory(workdir, INPUTS, results="*.jsonl") as run:
            (run / "rows.jsonl").write_text("{}")
            raise KeyboardInterrupt
    other = {**INPUTS, "config.json": "b"}
    with pytest.raises(FileExistsError, match="run.partial.*config.json"):
        with run_directory(workdir, other, results="*.jsonl"):
            pass
    assert names(tmp_path) == ["config.json", "rows.jsonl", "run.partial"]
    assert (tmp_path / "run.partial/config.json").read_text() == "a"


def test_other_inputs_without_results_are_begun_anew(tmp_path):
    partial = tmp_path / "run.partial"
    partial.mkdir()
    (partial / "config.json").write_text("a")
    other = {"config.json": "b"}
    with run_directory(tmp_path / "run", other, results="*.jsonl") as run:
        assert (run / "config.json").read_text() == "b"


@pytest.mark.parametrize("make", [run_directory, new_directory])
def test_existing_directory_is_refused(tmp_path, make):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "file").write_text("earlier")
    with pytest.raises(FileExistsError, match="`workdir` must not exist.*run"):
        with make(tmp_path / "run"):
            pass
    assert names(tmp_path) == ["file", "run"]


def test_new_directory_is_there_from_the_start(tmp_path):
    with new_directory(tmp_path / "runs" / "first"):
        (tmp_path / "runs" / "first" / "file").write_text("whole")
    assert names(tmp_path) == ["file", "first", "runs"]


def test_failed_new_directory_leaves_nothing(tmp_path):
    workdir = tmp_path / "run"
    with pytest.raises(ValueError), new_directory(workdir):
        (workdir / "file").write_text("half")
        raise ValueError
    assert names(tmp_path) == []


def test_whole_file_replaces_at_the_end(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("earlier")
    with whole_file(path) as beside:
        # Keras goes by the suffix.
        assert beside.suffix == ".keras"
        beside.write_text("new")
        assert path.read_text() == "earlier"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["model.keras"]


def test_failed_whole_file_keeps_the_earlier_one(tmp_path):
    write_text(tmp_path / "file", "earlier")
    with pytest.raises(ValueError), whole_file(tmp_path / "file") as beside:
        beside.write_text("half")
        raise ValueError
    assert (tmp_path / "file").read_text() == "earlier"
    assert names(tmp_path) == ["file"]


def test_whole_file_that_nobody_wrote(tmp_path):
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "file"):
        pass
    assert names(tmp_path) == []


def test_write_text(tmp_path):
    write_text(str(tmp_path / "file"), "néw\n")
    assert (tmp_path / "file").read_bytes() == "néw\n".encode()
    assert os.listdir(tmp_path) == ["file"]
