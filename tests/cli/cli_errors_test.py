import sys
import zipfile
from pathlib import Path

import pytest
from command_runs import error_of

from mtnas_tf.cli import main
from mtnas_tf.experiment.verbs import derive
from tfds_builders.book_crossing import parsing

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


def test_a_fault_of_the_program_has_another_exit_code(monkeypatch, capsys):
    def fail(**_):
        raise KeyError("key")

    monkeypatch.setattr(derive, "derive", fail)
    assert main(["derive", "run"]) == 1
    assert capsys.readouterr().err == (
        "mtnas derive: unexpected KeyError: 'key' "
        "(--debug shows where it happened)\n"
    )
    assert main(["derive", "run", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_interrupted(monkeypatch, capsys):
    def interrupt(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(derive, "derive", interrupt)
    assert main(["derive", "run"]) == 130
    assert capsys.readouterr().err == "mtnas derive: interrupted\n"


def test_an_error_is_one_paragraph(monkeypatch, capsys):
    def fail(**_):
        raise ValueError("a\n  b\n\nc")

    monkeypatch.setattr(derive, "derive", fail)
    assert error_of(capsys, "derive", "run") == "a b c\n"


def test_neither_config_nor_table(tmp_path, capsys):
    assert main(["search", "--workdir", str(tmp_path / "run")]) == 2
    assert "`config` or `--table` must be given" in capsys.readouterr().err


@pytest.mark.parametrize(
    "verb", ["search", "compare", "train", "advise", "tune"]
)
def test_unknown_config_key(capsys, config_path, tmp_path, verb):
    arguments = [verb, config_path, "--workdir", tmp_path / "run"]
    arguments += ["--model", "mmoe"] if verb == "train" else []
    error = error_of(capsys, *arguments, "--set", "optim.epoch=1")
    assert error.startswith("`optim.epoch` is no key of OptimConfig")
    assert "'epochs'" in error
    assert not (tmp_path / "run").exists()


def test_override_without_a_value(capsys, config_path, tmp_path):
    arguments = ["search", config_path, "--workdir", tmp_path / "run"]
    error = error_of(capsys, *arguments, "--set", "optim.epochs")
    assert error.startswith("`--set` must look like section.key=value")


def test_missing_config(capsys, tmp_path):
    arguments = [tmp_path / "absent.py", "--workdir", tmp_path / "run"]
    error = error_of(capsys, "search", *arguments)
    assert "no config file" in error and "absent.py" in error


@pytest.mark.parametrize(
    ("arguments", "module", "extra"),
    [
        (["tune", "CONFIG", "--workdir", "RUN"], "optuna", "tune"),
        (
            ["prepare", "synthetic_mtl", "--data-dir", "RUN", "--beam", "x=y"],
            "apache_beam",
            "beam",
        ),
    ],
)
def test_a_missing_extra_is_named(
    arguments, module, extra, capsys, config_path, tmp_path, monkeypatch
):
    for name in [*sys.modules, module]:
        if name.partition(".")[0] == module:
            monkeypatch.setitem(sys.modules, name, None)
    places = {"CONFIG": config_path, "RUN": tmp_path / "run"}
    arguments = [places.get(part, part) for part in arguments]
    error = error_of(capsys, *arguments)
    assert f"pip install 'mtnas_tf[{extra}]'" in error
    assert not (tmp_path / "run").exists()


def test_unknown_model(toy_data, capsys, config_path, tmp_path):
    arguments = [config_path, "--workdir", tmp_path / "run"]
    error = error_of(capsys, "train", *arguments, "--model", "mmoo")
    assert error.startswith("`model` must be one of")
    assert not (tmp_path / "run").exists()


def test_number_of_seeds(toy_data, capsys, config_path, tmp_path):
    arguments = [config_path, "--workdir", tmp_path / "run", "--seeds", 0]
    error = error_of(capsys, "compare", *arguments)
    assert error.startswith("`num_seeds` must be positive")
    assert not (tmp_path / "run").exists()


def test_training_that_diverges(toy_data, capsys, config_path, tmp_path):
    arguments = [config_path, "--workdir", tmp_path / "run"]
    arguments += ["--set", "optim.learning_rate=1e38"]
    error = error_of(capsys, "search", *arguments)
    assert "training diverged" in error
    assert [p.name for p in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.parametrize("verb", ["derive", "evaluate", "export"])
def test_missing_run_directory(capsys, tmp_path, verb):
    error = error_of(capsys, verb, tmp_path / "absent")
    assert "absent" in error and "There is no" in error
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("verb", ["search", "compare", "train", "quickstart"])
def test_existing_workdir(capsys, config_path, tmp_path, verb):
    arguments = [] if verb == "quickstart" else [config_path]
    arguments += ["--model", "mmoe"] if verb == "train" else []
    error = error_of(capsys, verb, *arguments, "--workdir", tmp_path)
    assert error.startswith("`workdir` must not exist")
    assert [p.name for p in tmp_path.iterdir()] == ["config.json"]


def test_derive_before_search(capsys, config_path, tmp_path):
    error = error_of(capsys, "derive", tmp_path)
    assert "There is no search.keras" in error
    assert "Run `mtnas search` first" in error


def test_prepare_unknown_data_set(capsys, tmp_path):
    arguments = ["prepare", "movielens", "--data-dir", tmp_path]
    error = error_of(capsys, *arguments)
    assert error.startswith("`name` must be one of ['ali_ccp'")


def test_prepare_without_the_raw_files(capsys, tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "BX-Users.csv").write_text(parsing.HEADERS["BX-Users.csv"])
    arguments = ["--raw-dir", raw, "--data-dir", tmp_path / "data"]
    error = error_of(capsys, "prepare", "book_crossing", *arguments)
    assert "'BX-Books.csv', 'BX-Book-Ratings.csv'" in error
    assert "BX-CSV-Dump.zip" in error and str(raw) in error


def test_prepare_of_a_truncated_archive(capsys, tmp_path):
    whole = tmp_path / "whole.zip"
    dummy = Path(parsing.__file__).parent / "dummy_data"
    with zipfile.ZipFile(whole, "w") as archive:
        for name in parsing.HEADERS:
            archive.write(dummy / name, name)
    raw = tmp_path / "raw"
    raw.mkdir()
    content = whole.read_bytes()
    (raw / parsing.ARCHIVE).write_bytes(content[: len(content) // 2])
    arguments = ["--raw-dir", raw, "--data-dir", tmp_path / "data"]
    error = error_of(capsys, "prepare", "book_crossing", *arguments)
    assert f"`{parsing.ARCHIVE}` must be a complete zip file" in error
    assert not list((tmp_path / "data").rglob("*.tfrecord*"))
