"""Serving: raw rows and encoded rows, and what it refuses."""

import json
import shutil
import threading

import numpy as np
import pandas as pd
import pytest
from tolerances import assert_near
from toy_model import AGE
from toy_model import USER
from toy_model import make_model
from toy_model import make_schema

from export import export_model
from export.serving import Predictor

ROWS = [
    {"user": "ann", "age": 34, "x": [0.5, -1.0, 2.0, 0.0]},
    {"user": "bob", "age": None, "x": [1.5, 1.0, -2.0, 0.25]},
    {"user": None, "age": 7, "x": [0.0, 0.0, 0.0, 0.0], "ignored": 1},
    {"user": "zoé", "age": -3, "x": [3.5, 0.0, 0.5, 9.0]},
    {"user": "ann", "age": 7, "x": [1.0, 1.0, 1.0, 1.0]},
]


@pytest.fixture(scope="module")
def predictor(export_dir):
    return Predictor(export_dir, num_threads=1)


def expected_of(model, rows):
    outputs = model(model.schema.preprocessor(rows), training=False)
    return {task: y.numpy()[:, 0] for task, y in outputs.items()}


def encoded(num_rows=3):
    rng = np.random.default_rng(0)
    return {
        "ids": rng.integers(50, size=(num_rows, 2)),
        "values": rng.normal(size=(num_rows, 4)),
    }


def assert_predictions(received, expected):
    assert list(received) == ["click", "stars"]
    for task, values in expected.items():
        assert received[task].dtype == np.float32
        assert received[task].shape == values.shape
        assert_near(received[task], values)


@pytest.mark.parametrize("batch_size", [1, 2, 4096])
def test_rows_as_dicts(model, predictor, batch_size):
    received = predictor.predict(ROWS, batch_size=batch_size)
    assert_predictions(received, expected_of(model, ROWS))


def test_rows_as_columns(model, predictor):
    columns = {name: [row[name] for row in ROWS] for name in ("user", "age")}
    columns["x"] = np.array([row["x"] for row in ROWS])
    received = predictor.predict(columns)
    assert_predictions(received, expected_of(model, ROWS))


def test_rows_as_data_frame(model, predictor):
    received = predictor.predict(pd.DataFrame(ROWS))
    assert_predictions(received, expected_of(model, ROWS))


def test_encoded_rows(model, predictor):
    arrays = encoded()
    outputs = model(
        {
            "ids": arrays["ids"].astype("int32"),
            "values": arrays["values"].astype("float32"),
        }
    )
    expected = {task: y.numpy()[:, 0] for task, y in outputs.items()}
    assert_predictions(predictor.predict_ids(**arrays), expected)
    assert_predictions(
        predictor.predict_ids(
            arrays["ids"].astype("uint8"), arrays["values"].tolist()
        ),
        expected,
    )


def test_no_rows(predictor):
    received = predictor.predict_ids(
        np.empty((0, 2), np.int64), np.empty((0, 4))
    )
    assert {task: y.shape for task, y in received.items()} == {
        "click": (0,),
        "stars": (0,),
    }


@pytest.mark.parametrize("batch_size", [2, 4096])
def test_classes_have_a_column_each(class_model, class_export_dir, batch_size):
    predictor = Predictor(class_export_dir, num_threads=1)
    assert predictor.num_outputs == {"click": 1, "color": 3, "stars": 1}
    encoded_rows = class_model.schema.preprocessor(ROWS)
    expected = class_model(encoded_rows, training=False)
    for received in (
        predictor.predict(ROWS, batch_size=batch_size),
        predictor.predict_ids(**encoded_rows),
    ):
        shapes = {task: y.shape for task, y in received.items()}
        assert shapes == {"click": (5,), "color": (5, 3), "stars": (5,)}
        assert received["color"].dtype == np.float32
        assert_near(received["color"], expected["color"])
        assert_near(received["stars"], expected["stars"][:, 0])
    empty = predictor.predict([])
    assert empty["color"].shape == (0, 3)
    assert empty["click"].shape == (0,)


def test_model_without_vector_fields(tmp_path):
    model = make_model(make_schema(fields=(AGE, USER)))
    predictor = Predictor(export_model(model, tmp_path / "out", ["onnx"]))
    assert_predictions(predictor.predict(ROWS), expected_of(model, ROWS))
    empty = predictor.predict([])
    assert {task: y.shape for task, y in empty.items()} == {
        "click": (0,),
        "stars": (0,),
    }
    with pytest.raises(ValueError, match="`values` must be None"):
        predictor.predict_ids(np.zeros((3, 2), int), np.zeros((3, 4)))


def test_path_of_the_file(model, export_dir):
    predictor = Predictor(str(export_dir / "model.onnx"))
    assert_predictions(predictor.predict(ROWS), expected_of(model, ROWS))


def test_tasks_and_fields(predictor):
    assert predictor.tasks == ("click", "stars")
    assert predictor.fields == make_schema().fields


def test_threads_share_a_predictor(model, predictor):
    received = {}

    def work(index):
        received[index] = predictor.predict(ROWS, batch_size=2)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = expected_of(model, ROWS)
    for index in range(4):
        assert_predictions(received[index], expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ids": None}, "`ids` must be given. Received: ids=None"),
        ({"values": None}, "`values` must be given"),
        ({"ids": [3, 4]}, r"`ids` must have shape \(rows, 2\).*shape=\(2,\)"),
        ({"ids": [[3, 4, 5]] * 3}, r"shape \(rows, 2\).*shape=\(3, 3\)"),
        ({"ids": [[3.0, 4.0]] * 3}, "`ids` must hold integers.*float64"),
        ({"ids": [[3, 50]] * 3}, r"`ids` must lie in \[0, 50\).*first is 50"),
        ({"ids": [[3, -1]] * 3}, r"`ids` must lie in \[0, 50\).*first is -1"),
        ({"values": [[1, 2]] * 3}, r"`values` must have shape \(rows, 4\)"),
        ({"values": [["a"] * 4] * 3}, "`values` must hold real numbers"),
        ({"values": [[1, 2, 3, np.nan]] * 3}, "`values` must be finite"),
        ({"values": [[1, 2, 3, np.inf]] * 3}, "`values` must be finite"),
        ({"values": [[1, 2, 3, 4]] * 5}, "the same number of rows"),
    ],
)
def test_invalid_encoded_rows(predictor, changes, message):
    with pytest.raises(ValueError, match=message):
        predictor.predict_ids(**{**encoded(3), **changes})


def test_values_beyond_float32(predictor):
    arrays = encoded(3)
    arrays["values"][1, 1] = 1e39
    with pytest.raises(ValueError, match="`values` must be finite float32"):
        predictor.predict_ids(**arrays)


def test_row_without_a_field(predictor):
    with pytest.raises(ValueError, match=r"Missing: \['x'\]"):
        predictor.predict([{"user": "ann", "age": 3}])


def test_columns_of_different_lengths(predictor):
    columns = {"user": ["a"], "age": [1], "x": [[1, 2, 3, 4]] * 2}
    with pytest.raises(ValueError, match="the same number of rows"):
        predictor.predict(columns)


def test_invalid_sizes(predictor, export_dir):
    with pytest.raises(ValueError, match="`batch_size` must be positive"):
        predictor.predict(ROWS, batch_size=0)
    with pytest.raises(ValueError, match="`num_threads` must be positive"):
        Predictor(export_dir, num_threads=0)


@pytest.mark.parametrize("missing", ["model.onnx", "manifest.json"])
def test_missing_file(export_dir, tmp_path, missing):
    copy = tmp_path / "copy"
    shutil.copytree(export_dir, copy)
    (copy / missing).unlink()
    with pytest.raises(FileNotFoundError, match=f"missing.*{missing}"):
        Predictor(copy)


def test_other_format_version(export_dir, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(export_dir, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["format_version"] = 99
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="Received: format_version=99"):
        Predictor(copy)
