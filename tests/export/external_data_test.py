"""Models whose constants do not fit into one ONNX file."""

import json
import os
import shutil

import numpy as np
import onnx
import pytest
from tolerances import assert_near
from toy_model import make_model as make_toy_model

from export import export_model
from export import onnx_parts
from export.serving import Predictor
from export.serving import predict_file
from export.serving.onnx_export import DATA
from export.serving.server.model_folder import check_files
from export.serving.server.model_folder import stamp_of
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import TaskSpec
from mtnas_tf.models import MMoE

SCHEMA = DatasetSchema(
    name="toy",
    fields=(FieldSpec(name="user"), FieldSpec(name="0", vocabulary=("a", "b"))),
    tasks=(TaskSpec(name="click"),),
    num_buckets=100_000,
)
ROWS = [{"user": f"u{i}", "0": "abc"[i % 3]} for i in range(50)]
TABLE_BYTES = 100_000 * 3 * 4


def make(name="direct"):
    """A model whose table alone exceeds the limit; its rows are far apart."""
    if name == "converted":
        model = make_toy_model(SCHEMA)
    else:
        model = MMoE(SCHEMA, hidden_units=(4,), embedding_dim=3)
    (table,) = (w for w in model.weights if w.shape[0] == SCHEMA.num_buckets)
    table.assign(np.random.default_rng(0).normal(size=table.shape))
    return model


@pytest.fixture(autouse=True)
def small_limit(monkeypatch):
    monkeypatch.setattr(onnx_parts, "MAX_BYTES", 2**20)


def expected_of(model):
    return model(SCHEMA.preprocessor(ROWS))["click"][:, 0]


@pytest.fixture(scope="module")
def model():
    return make()


@pytest.fixture
def exported(model, tmp_path):
    return export_model(model, tmp_path / "out", formats=["onnx"])


def test_a_table_beyond_the_limit_is_a_second_file(model, exported, tmp_path):
    names = {"manifest.json", "model.onnx", "model.onnx.data"}
    assert {*os.listdir(exported)} == names
    assert (exported / "model.onnx").stat().st_size < 2**16
    assert (exported / DATA).stat().st_size == TABLE_BYTES
    onnx.checker.check_model(str(exported / "model.onnx"), full_check=True)
    assert_near(Predictor(exported).predict(ROWS)["click"], expected_of(model))
    manifest = json.loads((exported / "manifest.json").read_text())
    assert manifest["files"][DATA]["bytes"] == TABLE_BYTES
    assert set(manifest["validation"]["max_difference"]) == {
        "onnx",
        "onnx_reference",
    }

    moved = exported.rename(tmp_path / "moved")
    rows = tmp_path / "rows.jsonl"
    rows.write_text("\n".join(map(json.dumps, ROWS)))
    output = tmp_path / "out.csv"
    predictor = Predictor(moved / "model.onnx")
    assert predict_file(predictor, rows, output) == len(ROWS)
    found = np.loadtxt(output, skiprows=1, dtype="float32")
    assert_near(found, expected_of(model))


def test_another_export_takes_its_place(model, exported, monkeypatch):
    monkeypatch.setattr(onnx_parts, "MAX_BYTES", 2**30)
    export_model(model, exported, formats=["onnx"])
    assert {*os.listdir(exported)} == {"manifest.json", "model.onnx"}


def test_both_files_are_checked(exported):
    check_files(exported)
    before = stamp_of(exported)
    with (exported / DATA).open("r+b") as file:
        file.write(b"\1\2\3")
    assert stamp_of(exported) != before
    with pytest.raises(ValueError, match=f"{DATA} must have the sha256"):
        check_files(exported)


def test_a_missing_file_is_named(exported, tmp_path):
    copy = shutil.copytree(exported, tmp_path / "copy")
    (copy / DATA).unlink()
    with pytest.raises(FileNotFoundError, match=f"missing {DATA}"):
        Predictor(copy)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "num_bytes"),
    [
        ("direct", {}, TABLE_BYTES),
        ("converted", {}, TABLE_BYTES),
        # Half the table still exceeds a limit of half the bytes.
        ("direct", {"precision": "float16"}, TABLE_BYTES // 2),
        # And one row of all others.
        ("direct", {"seen_ids": np.arange(90_000)}, 90_001 * 12),
    ],
    ids=["direct", "converted", "float16", "seen_ids"],
)
def test_together_with_other_options(
    tmp_path, monkeypatch, name, options, num_bytes
):
    monkeypatch.setattr(onnx_parts, "MAX_BYTES", 2**19)
    monkeypatch.setattr(onnx_parts, "LARGE_BYTES", 2**19)
    model = make(name)
    out = export_model(model, tmp_path / "out", ["onnx", "onnx_raw"], **options)
    for file in ("model.onnx.data", "model_raw.onnx.data"):
        assert (out / file).stat().st_size == num_bytes
    if "seen_ids" not in options:
        found = Predictor(out).predict(ROWS)["click"]
        np.testing.assert_allclose(found, expected_of(model), atol=1e-3)


def test_int8_is_refused(model, tmp_path):
    with pytest.raises(ValueError, match="`precision` must be 'float32' or"):
        export_model(model, tmp_path / "out", ["onnx"], precision="int8")
    assert not list(tmp_path.iterdir())
