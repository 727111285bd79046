import csv
import json
import os
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow_datasets as tfds
from command_runs import ROWS
from command_runs import error_of
from command_runs import read_predictions
from command_runs import run
from tiny_experiment import CONFIG
from tiny_experiment import without_graphs
from tolerances import assert_near
from tolerances import near
from toy_data import BINARY_SCHEMA

from mtnas_tf.cli import main
from mtnas_tf.config import load_config
from mtnas_tf.config import with_section
from mtnas_tf.data import CATALOG
from mtnas_tf.data import prepare
from mtnas_tf.routes import Route
from tfds_builders.book_crossing import parsing

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


# A comparison of one search with few trainings.
SMALLEST = {
    "model.baselines": [],
    "model.match_parameters": "false",
    "optim.epochs": 1,
    "search.candidates.num_rounds": 1,
    "search.candidates.num_final_rounds": 0,
    "search.candidates.num_retrainings": 1,
}


@pytest.mark.slow
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
    for option, value, message in (
        ("--tasks", "click,sold", "some of ('click', 'buy'). Received: tasks="),
        ("--opset", 17, "must lie in [18, 26]. Received: opset=17"),
        ("--opset", 27, "must lie in [18, 26]. Received: opset=27"),
    ):
        assert message in error_of(capsys, "export", workdir, option, value)
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


@pytest.mark.slow
def test_compare_as_json(toy_data, capsys, config_path, tmp_path):
    workdir = tmp_path / "run"
    result = run(
        capsys,
        *("compare", config_path, "--workdir", workdir, "--seeds", 1),
        *(f"--set={key}={value}" for key, value in SMALLEST.items()),
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


@pytest.mark.slow
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
        "optim.epochs": 1,
        "search.candidates.num_rounds": 1,
        "search.candidates.num_final_rounds": 0,
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
