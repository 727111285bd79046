"""Predictions for CSV files."""

import csv

import numpy as np
import pytest

from export.serving import Predictor
from export.serving import predict_csv

HEADER = "note,x_0,x_1,x_2,x_3,age,user"
TEXT = f"""{HEADER}
,0.5,-1,2.0,0,34,ann
"two
lines",1.5,1,-2e0,.25,,bob

z,0,0,0,0,7.0,
z,3.5,0,.5,9,-3,"zoé ""z"", 2"
"""
ROWS = [
    {"user": "ann", "age": 34, "x": [0.5, -1.0, 2.0, 0.0]},
    {"user": "bob", "age": None, "x": [1.5, 1.0, -2.0, 0.25]},
    {"user": None, "age": 7, "x": [0.0, 0.0, 0.0, 0.0]},
    {"user": 'zoé "z", 2', "age": -3, "x": [3.5, 0.0, 0.5, 9.0]},
]


@pytest.fixture(scope="module")
def predictor(export_dir):
    return Predictor(export_dir, num_threads=1)


def run(predictor, directory, text, **kwargs):
    (directory / "in.csv").write_text(text, encoding="utf-8")
    return predict_csv(
        predictor, directory / "in.csv", directory / "out.csv", **kwargs
    )


@pytest.mark.parametrize("chunk_rows", [1, 3, 65536])
def test_predicts_every_row(predictor, tmp_path, chunk_rows):
    assert run(predictor, tmp_path, TEXT, chunk_rows=chunk_rows) == 4
    with open(tmp_path / "out.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["click", "stars"]
    expected = predictor.predict(ROWS)
    received = np.array(rows, np.float32)
    np.testing.assert_allclose(received[:, 0], expected["click"], rtol=1e-6)
    np.testing.assert_allclose(received[:, 1], expected["stars"], rtol=1e-6)
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", "out.csv"}


def test_classes_have_a_column_each(class_export_dir, tmp_path):
    predictor = Predictor(class_export_dir, num_threads=1)
    run(predictor, tmp_path, TEXT, chunk_rows=3)
    with open(tmp_path / "out.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["click", "color_0", "color_1", "color_2", "stars"]
    expected = predictor.predict(ROWS)
    received = np.array(rows, np.float32)
    np.testing.assert_allclose(received[:, 0], expected["click"], rtol=1e-6)
    np.testing.assert_allclose(received[:, 1:4], expected["color"], rtol=1e-6)
    np.testing.assert_allclose(received[:, 4], expected["stars"], rtol=1e-6)
    run(predictor, tmp_path, HEADER)
    line = "click,color_0,color_1,color_2,stars\n"
    assert (tmp_path / "out.csv").read_text() == line


def test_written_floats_are_exact(predictor, tmp_path):
    run(predictor, tmp_path, TEXT)
    lines = (tmp_path / "out.csv").read_text().splitlines()[1:]
    written = [np.float32(line.split(",")[0]) for line in lines]
    np.testing.assert_array_equal(written, predictor.predict(ROWS)["click"])


def test_byte_order_mark(predictor, tmp_path):
    text = f"x_0,x_1,x_2,x_3,age,user\n{'1,' * 5}a\n"
    assert run(predictor, tmp_path, "\ufeff" + text) == 1


def test_header_only(predictor, tmp_path):
    assert run(predictor, tmp_path, HEADER) == 0
    assert (tmp_path / "out.csv").read_text() == "click,stars\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"field `user` once; missing or repeated: \['user'\]"),
        (HEADER.replace(",age", ""), r"field `age`.*repeated: \['age'\]"),
        (HEADER.replace("x_2", "x_9"), r"field `x`.*repeated: \['x_2'\]"),
        (HEADER + ",user", r"field `user`.*repeated: \['user'\]"),
        (TEXT + "z,1,2\n", "Line 8 must have 7 cells.*Received: 3 cells"),
        (TEXT + "z,1,2,3,4,5,ann,b\n", "Line 8 must have.*Received: 8 cells"),
        (TEXT + "z,1,two,3,4,5,ann\n", "Line 8: field `x` must hold numbers"),
        (TEXT + "z,1,,3,4,5,ann\n", "Line 8: field `x` must hold numbers"),
        (TEXT + "z,1,nan,3,4,5,ann\n", "Field `x` must hold 4 finite floats"),
        (TEXT + "z,1,2,3,4,old,ann\n", "Field `age` must hold integers"),
    ],
)
def test_invalid_file_leaves_nothing(predictor, tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        run(predictor, tmp_path, text, chunk_rows=1)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_failure_keeps_an_earlier_output(predictor, tmp_path):
    (tmp_path / "out.csv").write_text("earlier")
    with pytest.raises(ValueError, match="Line 8"):
        run(predictor, tmp_path, TEXT + "z,1\n", chunk_rows=1)
    assert (tmp_path / "out.csv").read_text() == "earlier"


def test_input_that_does_not_exist(predictor, tmp_path):
    with pytest.raises(FileNotFoundError, match="in.csv"):
        predict_csv(predictor, tmp_path / "in.csv", tmp_path / "out.csv")
    assert not list(tmp_path.iterdir())


def test_chunk_rows(predictor, tmp_path):
    with pytest.raises(ValueError, match="`chunk_rows` must be positive"):
        run(predictor, tmp_path, TEXT, chunk_rows=0)
