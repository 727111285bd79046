"""Serving needs NumPy, ONNX Runtime and nothing of the training side."""

import subprocess
import sys
from pathlib import Path

import pytest
from tolerances import near
from toy_model import make_schema

ROOT = Path(__file__).parents[2]
ROWS = [{"user": "ann", "age": 34, "x": [0.5, -1.0, 2.0, 0.0]}]
PREDICT = f"""
import sys
from export.serving import Predictor
prediction = Predictor(sys.argv[1]).predict({ROWS!r})
print(repr(float(prediction["click"][0])))
"""
BLOCK = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in ("tensorflow", "keras", "mtnas_tf", "pandas", "onnx"):
            raise ImportError(f"{name} is not part of serving")

sys.meta_path.insert(0, Block())
"""


def check_output(output, model):
    arrays = make_schema().preprocessor(ROWS)
    expected = model(arrays, training=False)["click"].numpy()[0, 0]
    assert float(output) == near(expected)


def test_predicts_without_the_training_libraries(model, export_dir):
    output = subprocess.run(
        [sys.executable, "-c", BLOCK + PREDICT, str(export_dir)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    check_output(output, model)


@pytest.mark.parametrize("name", ["export_model", "ExportMismatchError"])
def test_names_of_the_package_load_on_use(name):
    code = (
        "import export, sys; assert 'keras' not in sys.modules; "
        f"print(export.{name}.__name__); "
        "assert ('keras' in sys.modules) == ('export.exporter' in sys.modules)"
    )
    output = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert output.strip() == name


def test_unknown_name_of_the_package():
    import export

    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = export.nothing
