import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_runs import CSV
from command_runs import ROWS
from command_runs import error_of
from command_runs import read_predictions
from tolerances import assert_near
from toy_data import BINARY_SCHEMA

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


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
