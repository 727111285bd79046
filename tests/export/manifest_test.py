"""What the manifest tells about an export."""

import datetime
import hashlib
import json
from pathlib import Path

import keras
import pytest
import toy_roles
from toy_model import make_schema

from export.manifest import build_manifest
from export.spec import ExportSpec
from mtnas_preprocessing import Preprocessor
from mtnas_tf.models import SharedBottom


@pytest.fixture(scope="module")
def manifest(export_dir):
    return json.loads((export_dir / "manifest.json").read_text())


def test_describes_the_model(manifest):
    assert manifest["format_version"] == 1
    assert manifest["model"] == "ToyModel"
    assert manifest["schema"] == "toy"
    assert manifest["tasks"] == [
        {"name": "click", "kind": "binary"},
        {"name": "stars", "kind": "regression"},
    ]
    assert manifest["opset"] == 26
    assert manifest["inputs"] == [
        {"name": "ids", "dtype": "int64", "shape": [None, 2]},
        {"name": "values", "dtype": "float32", "shape": [None, 4]},
    ]
    assert [x["shape"] for x in manifest["outputs"]] == [[None, 1]] * 2


def test_tells_the_number_of_classes(class_export_dir):
    manifest = json.loads((class_export_dir / "manifest.json").read_text())
    assert manifest["tasks"] == [
        {"name": "click", "kind": "binary"},
        {"name": "color", "kind": "multiclass", "num_classes": 3},
        {"name": "stars", "kind": "regression"},
    ]
    shapes = [tensor["shape"] for tensor in manifest["outputs"]]
    assert shapes == [[None, 1], [None, 3], [None, 1]]
    assert set(manifest["validation"]["max_difference"]) == {
        "onnx",
        "onnx_reference",
        "saved_model",
    }


def test_tells_what_the_schema_tells_of_tasks_and_fields():
    schema = toy_roles.SCHEMA
    model = SharedBottom(schema, hidden_units=(2,))
    spec = ExportSpec.from_model(model)
    manifest = build_manifest(model, spec, Path("absent"), {})
    assert manifest["tasks"] == [
        {"name": "buy", "kind": "binary", "requires": "click"},
        {"name": "click", "kind": "binary"},
        {"name": "like", "kind": "binary", "condition": "click"},
    ]
    for role in ("domain", "sequences"):
        assert manifest[role] == getattr(schema, role)
    assert manifest["entities"] == list(schema.entities)


def test_preprocessing_can_be_rebuilt(manifest):
    rebuilt = Preprocessor.from_dict(manifest["preprocessing"])
    assert rebuilt.fields == make_schema().fields
    assert rebuilt.num_buckets == 50


def test_tells_what_was_proven(manifest):
    validation = manifest["validation"]
    assert validation["tolerance"] == 1e-5
    assert validation["batch_sizes"] == [1, 7, 1000]
    runtimes = {"onnx", "onnx_reference", "saved_model"}
    assert set(validation["max_difference"]) == runtimes
    assert all(0 <= x < 1e-4 for x in validation["max_difference"].values())


def test_lists_every_file(manifest, export_dir):
    found = {
        path.relative_to(export_dir).as_posix(): {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
        for path in export_dir.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert manifest["files"] == found
    assert "saved_model/saved_model.pb" in found


def test_versions_and_date(manifest):
    assert manifest["versions"]["keras"] == keras.__version__
    assert {"tensorflow", "onnx", "mtnas_tf"} <= set(manifest["versions"])
    created = datetime.datetime.fromisoformat(manifest["created"])
    age = datetime.datetime.now(datetime.UTC) - created
    assert datetime.timedelta(0) <= age < datetime.timedelta(hours=1)
