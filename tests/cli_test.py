import csv
import importlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow_datasets as tfds
import tiny_experiment
from tiny_experiment import CONFIG
from tiny_experiment import without_graphs
from tolerances import assert_near
from tolerances import near
from toy_data import BINARY_SCHEMA

from export import export_model
from mtnas_tf.cli import _parser
from mtnas_tf.cli import main
from mtnas_tf.config import load_config
from mtnas_tf.config import with_section
from mtnas_tf.data import CATALOG
from mtnas_tf.data import prepare
from mtnas_tf.experiment import building
from mtnas_tf.experiment import command
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.command import DEFAULT_MINUTES
from mtnas_tf.experiment.verbs import compare
from mtnas_tf.experiment.verbs import derive
from mtnas_tf.experiment.verbs import search
from mtnas_tf.routes import Route
from tfds_builders.book_crossing import parsing

ROOT = Path(__file__).parents[1]
VERBS = (
    "quickstart",
    "prepare",
    "train",
    "search",
    "derive",
    "evaluate",
    "compare",
    "sweep",
    "tune",
    "export",
    "predict",
)
ROWS = [
    {"user": "ann", "x": [0.5, -1.0], "item": "i1", "age": 34},
    {"user": None, "x": [2.0, 0.25], "item": "i2", "age": None},
]
CSV = "user,x_0,x_1,item,age\nann,0.5,-1.0,i1,34\n,2.0,0.25,i2,\n"
# Imports that a serving host does without.
WITHOUT_TRAINING = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "keras", "pandas"):
            raise ImportError(f"{name} must not be imported")

sys.meta_path.insert(0, Block())
from mtnas_tf.cli import _parser
from mtnas_tf.cli import main
sys.exit(main(sys.argv[1:]))
"""

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


@pytest.fixture
def toy_data(monkeypatch):
    """Every config reads the toy data, and steps are not compiled."""
    monkeypatch.setattr(runner, "load_data", tiny_experiment.load_data)
    with without_graphs():
        yield


@pytest.fixture
def config_path(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(CONFIG.to_json())
    return path


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    """An exported model of the toy data."""
    model = building.build_model("mmoe", CONFIG, BINARY_SCHEMA)
    path = tmp_path_factory.mktemp("artefact") / "export"
    return export_model(model, path, formats=("onnx",)), model


@pytest.fixture
def rows_path(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(CSV)
    return path


def run(capsys, *arguments):
    """Runs a verb with --json and returns what it printed on stdout."""
    assert main([*map(str, arguments), "--json"]) == 0

    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(capsys.readouterr().out, parse_constant=refuse)


def error_of(capsys, *arguments):
    """Runs a verb that fails and returns what it printed on stderr."""
    assert main([*map(str, arguments)]) == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    prefix = f"mtnas {arguments[0]}: error: "
    assert prefix in captured.err
    return captured.err.partition(prefix)[2]


def read_predictions(path):
    with path.open() as file:
        header, *rows = csv.reader(file)
    return header, np.array(rows, "float32")


def test_from_search_to_predictions_as_json(
    toy_data, capsys, config_path, rows_path, tmp_path
):
    workdir = tmp_path / "run"
    searched = run(capsys, "search", config_path, "--workdir", workdir)
    assert set(searched["valid"]["buy"]) == {"auc", "log_loss"}
    derived = run(capsys, "derive", workdir, "--weights", "inherit")
    route = Route.load(workdir / "route.json")
    assert derived["route"] == route.to_dict()
    evaluated = run(capsys, "evaluate", workdir, "--split", "valid")
    assert evaluated["valid_loss"] == near(derived["valid_loss"])
    for task in ("click", "buy"):
        metrics = evaluated["valid"][task]
        assert metrics.pop("ece") > 0 and metrics.pop("normalized_entropy") > 0
        assert metrics == near(derived["valid"][task])
    assert list(run(capsys, "evaluate", workdir)) == ["test", "test_loss"]
    exported = run(capsys, "export", workdir, "--format", "onnx")
    assert exported == {"directory": str(workdir / "export")}
    output = tmp_path / "predictions.csv"
    predicted = run(
        capsys,
        *("predict", workdir / "export" / "model.onnx"),
        *("--input", rows_path, "--output", output),
    )
    assert predicted == {"rows": 2, "output": str(output)}
    header, predictions = read_predictions(output)
    assert header == ["click", "buy"]
    model = keras.saving.load_model(workdir / "model.keras")
    expected = model.predict(BINARY_SCHEMA.preprocessor(ROWS), verbose=0)
    for index, task in enumerate(header):
        assert_near(predictions[:, index], expected[task][:, 0])


def test_train_for_people(toy_data, capsys, config_path, tmp_path):
    workdir = tmp_path / "run"
    arguments = ["train", str(config_path), "--model", "shared_bottom"]
    arguments += ["--workdir", str(workdir), "--set", "optim.epochs=1"]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    results = json.loads((workdir / "metrics.json").read_text())
    auc = results["valid"]["click"]["auc"]
    loss, *tasks = captured.out.splitlines()[-3:]
    assert loss == f"valid: loss {results['valid_loss']:.4f}"
    assert tasks[0].startswith(f"  click: auc {auc:.4f}  log_loss ")
    assert load_config(workdir / "config.json") == with_section(
        CONFIG, "optim", epochs=1
    )


def test_compare_as_json(toy_data, capsys, config_path, tmp_path):
    workdir = tmp_path / "run"
    result = run(
        capsys,
        *("compare", config_path, "--workdir", workdir, "--seeds", 1),
        *("--set", "model.baselines=[]", "--set", "optim.epochs=1"),
    )
    written = json.loads((workdir / "compare.json").read_text())
    assert result == written
    # One seed: no error, but valid JSON all the same.
    assert {entry["std_error"] for entry in result["summary"]} == {None}


def test_prepare(capfd, tmp_path):
    raw = Path(parsing.__file__).parent / "dummy_data"
    arguments = ["--raw-dir", raw, "--data-dir", tmp_path / "data"]
    arguments = ["prepare", "book_crossing", *arguments, "--json"]
    assert main([*map(str, arguments)]) == 0
    captured = capfd.readouterr()
    prepared = json.loads(captured.out)
    # A log holds no bars.
    assert "\r" not in captured.err and "it/s" not in captured.err
    assert prepared["records"] == {"train": 8, "valid": 2, "test": 2}
    assert Path(prepared["data_dir"]).is_dir()


PARSED = {
    "quickstart": [],
    "prepare": ["book_crossing"],
    "describe": ["book_crossing"],
    "infer": ["log.csv", "--tasks", "a", "--output", "schema.json"],
    "train": ["config.py", "--model", "mmoe", "--workdir", "run"],
    "derive": ["run"],
    "evaluate": ["run"],
    "sweep": ["sweep.py", "--workdir", "run"],
    "export": ["run"],
    "predict": ["out", "--input", "rows.csv", "--output", "out.csv"],
    **{
        verb: ["config.py", "--workdir", "run"]
        for verb in ("search", "compare", "tune")
    },
}


def called(verb):
    """What a user calls a verb by."""
    return ["data", verb] if verb in ("describe", "infer") else [verb]


@pytest.mark.parametrize("verb", PARSED)
def test_help_is_a_screen_with_an_example(capsys, monkeypatch, verb):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as exit_info:
        main([*called(verb), "--help"])
    assert exit_info.value.code == 0
    out = capsys.readouterr().out
    name = " ".join(["mtnas", *called(verb)])
    assert out.startswith(f"usage: {name} ")
    assert "--json" in out and "--debug" in out
    assert len(out.splitlines()) <= 40
    example = out.partition("example:\n")[2].strip()
    assert example.startswith(name)
    _parser().parse_args(example.split()[1:])


@pytest.mark.parametrize("verb", PARSED)
def test_arguments_are_those_of_the_verb_s_function(verb, monkeypatch):
    module = importlib.import_module(f"{command.VERBS}.{verb}")
    function = getattr(module, verb)
    given = {}

    def record(**arguments):
        inspect.signature(function).bind(**arguments)
        given.update(arguments)

    monkeypatch.setattr(module, verb, record)
    monkeypatch.setattr("mtnas_tf.config.load_config", lambda *_: CONFIG)
    monkeypatch.setattr("mtnas_tf.config.load_sweep", lambda *_: CONFIG)
    assert main([*called(verb), *PARSED[verb]]) == 0
    # `trainer` is for callers in Python.
    assert set(given) == set(inspect.signature(function).parameters) - {
        "trainer"
    }


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


@pytest.fixture
def table(tmp_path):
    """A CSV file of 120 rows, a third of the labels missing."""
    rng = np.random.default_rng(0)
    rows = ["user,price,tags,click,like"]
    for _ in range(120):
        user, price = rng.integers(9), rng.random()
        click, like = rng.choice(["0", "1", ""], 2)
        rows.append(f"u{user},{price:.3f},a|b,{click},{like}")
    path = tmp_path / "table.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_table_from_schema_to_search(table, tmp_path, capsys):
    schema = tmp_path / "schema.json"
    arguments = ["--tasks", "click,like", "--output", str(schema)]
    assert main(["data", "infer", str(table), *arguments]) == 0
    out = capsys.readouterr().out
    assert "list of strings, at most 2" in out
    assert "positives of" in out
    assert "3 fields, written to" in out
    assert main(["data", "infer", str(table), *arguments]) == 2
    assert "`--output` must not exist" in capsys.readouterr().err
    describe = ["data", "describe", str(table), "--tasks", "click, like"]
    assert main([*describe, "--schema", str(schema)]) == 0
    assert "| user | string | 9 |" in capsys.readouterr().out
    settings = {
        "data.batch_size": 16,
        "model.units": 4,
        "optim.jit_compile": "false",
        "optim.epochs": 1,
        "search.candidates.strategy": "random",
        "search.candidates.num_places": 2,
        "search.candidates.num_rounds": 1,
    }
    changes = [f"--set={key}={value}" for key, value in settings.items()]
    run = tmp_path / "run"
    with without_graphs():
        of_table = ["--table", str(table), "--schema", str(schema)]
        code = main(["search", *of_table, "--workdir", str(run), *changes])
        assert code == 0
        assert main(["derive", str(run)]) == 0
        assert main(["evaluate", str(run), "--split", "valid"]) == 0
    metrics = json.loads((run / "metrics.json").read_text())
    metrics = metrics["evaluated"]["valid"]
    assert 0 < metrics["click"]["ece"] < 1
    assert 0.5 < metrics["like"]["normalized_entropy"] < 2
    picture = (run / "reliability_valid.svg").read_text()
    assert f"click: ECE {metrics['click']['ece']:.4f}" in picture
    config = load_config(run / "config.json")
    assert config.dataset == "table.csv"
    model = keras.saving.load_model(run / "model.keras")
    assert model.encoder.lengths == (1, 1, 2)
    assert model.schema.task_names == ("click", "like")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["config.py"], None),
        (["config.py", "--budget", "2.5"], 2.5),
        (["--table", "a.csv"], DEFAULT_MINUTES),
        (["--table", "a.csv", "--budget", "none"], None),
        (["--table", "a.csv", "--budget", "3"], 3.0),
    ],
)
@pytest.mark.parametrize("verb", ["search", "compare"])
def test_budget(monkeypatch, capsys, verb, arguments, expected):
    def run(config, budget, **_):
        raise ValueError(budget)

    monkeypatch.setattr({"search": search, "compare": compare}[verb], verb, run)
    monkeypatch.setattr("mtnas_tf.config.load_config", lambda *_: CONFIG)
    error = error_of(capsys, verb, *arguments, "--workdir", "run")
    assert error == f"{expected}\n"


def test_models(monkeypatch, capsys):
    def run(config, models, **_):
        raise ValueError(models)

    monkeypatch.setattr(compare, "compare", run)
    monkeypatch.setattr("mtnas_tf.config.load_config", lambda *_: CONFIG)
    arguments = ["compare", "config.py", "--workdir", "run"]
    for given, expected in (
        ([], ()),
        (["--models", "all"], ["all"]),
        (["--models", "mmoe, ple"], ["mmoe", "ple"]),
    ):
        assert error_of(capsys, *arguments, *given) == f"{expected}\n"


def test_neither_config_nor_table(tmp_path, capsys):
    assert main(["search", "--workdir", str(tmp_path / "run")]) == 2
    assert "`config` or `--table` must be given" in capsys.readouterr().err


def test_help_names_every_verb(capsys):
    with pytest.raises(SystemExit) as exit_info:
        main(["--help"])
    assert exit_info.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    verbs = [line.split()[0] for line in lines if line.startswith("    ")]
    assert tuple(verb for verb in verbs if verb in VERBS) == VERBS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: VERB"),
        (["serch"], "invalid choice: 'serch'"),
        (["search", "config.py"], "required: --workdir"),
        (["train", "c.py", "--workdir", "run"], "required: --model"),
        (["derive", "run", "--weights", "guess"], "--weights: invalid choice"),
        (["evaluate", "run", "--split", "all"], "--split: invalid choice"),
        (["export", "run", "--format", "tf"], "--format: invalid choice"),
        (["export", "run", "--precision", "x"], "--precision: invalid choice"),
        (["data"], "required: VERB"),
        (["tune", "c.py", "--trials", "x"], "--trials: invalid int value"),
        (["sweep", "s.py"], "required: --workdir"),
        (["search", "c.py", "--budget", "0"], "a positive number of minutes"),
        (["compare", "c.py", "--budget", "x"], "minutes, or none. Received: x"),
        (["compare", "c.py", "--seeds", "x"], "--seeds: invalid int value"),
        (["predict", "model.onnx"], "required: --input, --output"),
    ],
)
def test_arguments_that_do_not_parse(capsys, arguments, message):
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("verb", ["search", "compare", "train"])
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


def test_predict_without_an_artefact(capsys, rows_path, tmp_path):
    arguments = ["--input", rows_path, "--output", tmp_path / "out.csv"]
    error = error_of(capsys, "predict", tmp_path / "absent", *arguments)
    assert error.startswith("`path` must be an export")
    assert "absent" in error


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CSV + "bob,1.0\n", "must have 5 cells"),
        (CSV.replace("item", "book"), "missing: ['item']"),
        (CSV + "bob,1,2,i3,old\n", "Field `age` must hold integers"),
        (None, "There is no table"),
    ],
)
def test_predict_invalid_rows(artefact, capsys, tmp_path, text, message):
    rows = tmp_path / "rows.csv"
    if text is not None:
        rows.write_text(text)
    arguments = ["--input", rows, "--output", tmp_path / "out.csv"]
    error = error_of(capsys, "predict", artefact[0], *arguments)
    assert message in error
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x07\x12\x00"])
def test_predict_by_a_damaged_model(
    artefact, capsys, rows_path, tmp_path, content
):
    damaged = tmp_path / "damaged"
    shutil.copytree(artefact[0], damaged)
    (damaged / "model.onnx").write_bytes(content)
    arguments = ["--input", rows_path, "--output", tmp_path / "out.csv"]
    error = error_of(capsys, "predict", damaged, *arguments)
    assert error.startswith("`path` must be an ONNX model")
    assert "model.onnx" in error and len(error.splitlines()) == 1
    (damaged / "manifest.json").write_text("{")
    error = error_of(capsys, "predict", damaged, *arguments)
    assert error.startswith("`manifest.json` must be as")


def test_predict_without_the_training_libraries(artefact, rows_path, tmp_path):
    directory, model = artefact
    output = tmp_path / "out.csv"
    arguments = ["predict", directory, "--input", rows_path]
    arguments += ["--output", output, "--json"]
    process = subprocess.run(
        [sys.executable, "-c", WITHOUT_TRAINING, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout)["rows"] == 2
    outputs = model(BINARY_SCHEMA.preprocessor(ROWS))
    header, predictions = read_predictions(output)
    for index, task in enumerate(header):
        assert_near(predictions[:, index], outputs[task][:, 0])


def test_module_is_the_command(tmp_path):
    process = subprocess.run(
        [sys.executable, "-m", "mtnas_tf", "predict", "absent"]
        + ["--input", "rows.csv", "--output", "out.csv"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 2
    assert process.stderr.startswith("mtnas predict: error: `path` must be")


@pytest.mark.filterwarnings("ignore:Surrogate proposes by scores")
@pytest.mark.slow
@pytest.mark.real_data
def test_book_crossing_from_raw_files_to_predictions(capsys, tmp_path):
    raw_dir = os.environ.get("MTNAS_RAW_DIR")
    if not raw_dir:
        pytest.skip("MTNAS_RAW_DIR does not say where the raw files are")
    data_dir, workdir = tmp_path / "data", tmp_path / "run"
    prepared = run(
        capsys,
        *("prepare", "book_crossing", "--data-dir", data_dir),
        *("--raw-dir", Path(raw_dir) / "book_crossing"),
    )
    assert min(prepared["records"].values()) > 10_000
    config = ROOT / "configs" / "book_crossing.py"
    settings = {"data.data_dir": data_dir, "data.batch_size": 2048}
    settings |= {
        "search.candidates.num_rounds": 1,
        "search.candidates.num_places": 4,
    }
    changes = [f"--set={key}={value}" for key, value in settings.items()]
    run(capsys, "search", config, "--workdir", workdir, *changes)
    run(capsys, "derive", workdir, "--weights", "inherit")
    metrics = run(capsys, "evaluate", workdir)["test"]
    assert metrics["rated"]["auc"] > 0.6  # it has learned something
    run(capsys, "export", workdir)

    builder = prepare("book_crossing", data_dir=data_dir)
    records = tfds.as_numpy(builder.as_dataset(split="test[:200]"))
    names = [field.name for field in CATALOG["book_crossing"].fields]
    rows = [
        {
            name: value.decode() if isinstance(value, bytes) else int(value)
            for name, value in ((name, record[name]) for name in names)
        }
        for record in records
    ]
    with (tmp_path / "rows.csv").open("w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, names)
        writer.writeheader()
        writer.writerows(rows)
    output = tmp_path / "predictions.csv"
    predicted = run(
        capsys,
        *("predict", workdir / "export", "--input", tmp_path / "rows.csv"),
        *("--output", output),
    )
    assert predicted["rows"] == 200
    model = keras.saving.load_model(workdir / "model.keras")
    expected = model.predict(model.schema.preprocessor(rows), verbose=0)
    header, predictions = read_predictions(output)
    assert header == ["rated", "satisfied"]
    for index, task in enumerate(header):
        assert_near(predictions[:, index], expected[task][:, 0])
