"""Versions of a model in a folder, for three servers."""

import json
import warnings

import pytest
import tensorflow as tf
from tolerances import assert_near

from export import export_version
from export.serving import Predictor

ROWS = [{"user": "ann", "age": 34, "x": [0.5, -1.0, 2.0, 0.0]}]
CONFIG = """\
name: "toy"
backend: "onnxruntime"
max_batch_size: 256
input [
  { name: "ids" data_type: TYPE_INT64 dims: [2] },
  { name: "values" data_type: TYPE_FP32 dims: [4] }
]
output [
  { name: "click" data_type: TYPE_FP32 dims: [1] },
  { name: "color" data_type: TYPE_FP32 dims: [3] },
  { name: "stars" data_type: TYPE_FP32 dims: [1] }
]
dynamic_batching {
  max_queue_delay_microseconds: 1000
}
version_policy { all { } }
"""


def test_versions_for_triton(class_model, tmp_path):
    folder = tmp_path / "models" / "toy"
    assert export_version(class_model, folder) == folder / "1"
    assert (folder / "config.pbtxt").read_text() == CONFIG
    (folder / "config.pbtxt").write_text("edited")
    (folder / "9").mkdir()
    assert export_version(class_model, folder) == folder / "10"
    assert (folder / "config.pbtxt").read_text() == "edited"
    names = {path.name for path in (folder / "10").iterdir()}
    assert names == {"manifest.json", "model.onnx"}
    assert len(list(folder.iterdir())) == 4  # and no leftovers
    found = Predictor(folder / "10").predict(ROWS)
    expected = class_model(class_model.schema.preprocessor(ROWS))
    assert_near(found["color"], expected["color"])


def test_versions_for_tensorflow_serving(model, tmp_path):
    version = export_version(model, tmp_path / "toy", layout="tf_serving")
    assert version == tmp_path / "toy" / "1"
    names = {path.name for path in version.iterdir()}
    assert {"saved_model.pb", "variables", "assets.extra"} <= names
    assert "export" not in names
    manifest = version / "assets.extra" / "manifest.json"
    assert json.loads(manifest.read_text())["preprocessing"]["fields"]
    signature = tf.saved_model.load(version).signatures["serving_default"]
    inputs = model.schema.preprocessor(ROWS)
    found = signature(
        ids=tf.constant(inputs["ids"], tf.int64),
        values=tf.constant(inputs["values"]),
    )
    expected = model(inputs)
    for task in ("click", "stars"):
        assert_near(found[task].numpy(), expected[task].numpy())


def test_an_unknown_layout_is_refused(model, tmp_path):
    with pytest.raises(ValueError, match="`layout` must be one of.*'torch'"):
        export_version(model, tmp_path / "toy", layout="torch")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("layout", ["triton", "tf_serving"])
def test_a_version_of_some_tasks(model, tmp_path, layout):
    version = export_version(
        model, tmp_path / "toy", layout=layout, tasks=["stars"]
    )
    (path,) = version.rglob("manifest.json")
    tasks = json.loads(path.read_text())["tasks"]
    assert [task["name"] for task in tasks] == ["stars"]


def test_versions_of_different_tasks(model, tmp_path):
    """Triton has one configuration for all versions."""
    export_version(model, tmp_path / "toy", tasks=["stars"], opset=20)
    with warnings.catch_warnings(action="error"):
        export_version(model, tmp_path / "toy", tasks=["stars"])
    with pytest.warns(UserWarning, match="Version 3 of 'toy' has other inputs"):
        export_version(model, tmp_path / "toy")
    opsets = [
        json.loads(path.read_text())["opset"]
        for path in sorted(tmp_path.glob("toy/*/manifest.json"))
    ]
    assert opsets == [20, 26, 26]


def test_an_opset_of_a_saved_model_is_refused(model, tmp_path):
    with pytest.raises(ValueError, match="`opset` must be left out.*opset=20"):
        export_version(model, tmp_path / "toy", layout="tf_serving", opset=20)
    assert not list(tmp_path.iterdir())
