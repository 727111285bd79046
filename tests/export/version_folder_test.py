"""Versions of a model in a folder, for three servers."""

import json

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
