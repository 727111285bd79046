"""The scripts of `examples/` run, on small tables."""

import functools
import pathlib
import runpy
import sys

import made_up_files
import pytest
import tensorflow_datasets as tfds

import mtnas_tf as mt

EXAMPLES = pathlib.Path(__file__).parents[1] / "examples"
# Every test trains some networks.
pytestmark = pytest.mark.slow


@pytest.fixture
def run(monkeypatch):
    """Runs a script with its command line; its searches are small."""
    small = functools.partial(
        mt.search.CandidateSearch, num_places=2, num_rounds=3, units=8
    )
    monkeypatch.setattr(mt.search, "CandidateSearch", small)

    def run_script(name, *arguments):
        path = EXAMPLES / name
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        runpy.run_path(str(path), run_name="__main__")

    return run_script


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    made_up_files.write_log(path)
    return path


def test_every_script_is_run_here():
    text = pathlib.Path(__file__).read_text(encoding="utf-8")
    for script in EXAMPLES.glob("*.py"):
        assert f'run("{script.name}"' in text


# Of the column of times, which the user reads.
@pytest.mark.filterwarnings("ignore:Columns left out:UserWarning")
def test_own_csv(run, log, tmp_path, capsys):
    out = tmp_path / "out"
    options = ("--tasks", "click", "like", "--output", out)
    run("own_csv.py", log, *options)
    assert (out / "export" / "model.onnx").exists()
    schema = mt.data.DatasetSchema.load(out / "schema.json")
    assert schema.task_names == ("click", "like")
    assert "random" in capsys.readouterr().out  # the report's controls


def test_fine_tune_and_serve(run, log, tmp_path, capsys):
    data = mt.data.from_csv(log, ["click", "like"], exclude=["day"])
    model = mt.models.MMoE(data.schema, num_experts=2)
    model.compile()
    model.fit(data.train, verbose=0)
    model.save(tmp_path / "model.keras")
    data.schema.save(tmp_path / "schema.json")
    paths = [tmp_path / n for n in ("model.keras", "schema.json")]
    run("fine_tune_and_serve.py", *paths, log, tmp_path / "out")
    printed = capsys.readouterr().out
    assert "before" in printed
    assert "click_auc" in printed


def test_reinforce_search(run, tmp_path, capsys):
    raw_dir, data_dir = tmp_path / "raw", tmp_path / "data"
    raw_dir.mkdir()
    made_up_files.write_book_crossing(raw_dir)
    mt.data.prepare("book_crossing", raw_dir=raw_dir, data_dir=data_dir)
    out = tmp_path / "out"
    run("reinforce_search.py", "--data-dir", data_dir, "--output", out)
    assert "anew" in capsys.readouterr().out
    assert (out / "model.keras").exists()


def of_made_up_log(load):
    """Loads made-up records in place of KuaiRand's."""
    return lambda name, **kwargs: load(
        name.replace("kuairand/pure", "synthetic_log/seed0"), **kwargs
    )


# So small a search never learns, and says so.
@pytest.mark.filterwarnings("ignore:Surrogate proposes:UserWarning")
def test_kuairand(run, tmp_path, monkeypatch, capsys):
    mt.data.prepare("synthetic_log/seed0", data_dir=tmp_path)
    for module in (mt.data, tfds):
        monkeypatch.setattr(module, "load", of_made_up_log(module.load))
    out = tmp_path / "out"
    run("kuairand.py", "--data-dir", tmp_path, "--output", out)
    printed = capsys.readouterr().out
    assert "SharedBottom" in printed
    assert "searched" in printed
    assert (out / "export" / "model.onnx").exists()
