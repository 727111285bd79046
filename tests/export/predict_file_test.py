"""Predictions for files of rows."""

import csv
import gzip
import json
import sys

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from tolerances import assert_near

from export.serving import Predictor
from export.serving import predict_file

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
    return predict_file(
        predictor, directory / "in.csv", directory / "out.csv", **kwargs
    )


@pytest.mark.parametrize("chunk_rows", [1, 3, 65536])
def test_predicts_every_row(predictor, tmp_path, chunk_rows):
    sizes = []
    settings = {"chunk_rows": chunk_rows, "report": sizes.append}
    assert run(predictor, tmp_path, TEXT, **settings) == 4
    assert sum(sizes) == 4 and max(sizes) == min(chunk_rows, 4)
    with open(tmp_path / "out.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["click", "stars"]
    expected = predictor.predict(ROWS)
    received = np.array(rows, np.float32)
    assert_near(received[:, 0], expected["click"])
    assert_near(received[:, 1], expected["stars"])
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", "out.csv"}


def test_classes_have_a_column_each(class_export_dir, tmp_path):
    predictor = Predictor(class_export_dir, num_threads=1)
    run(predictor, tmp_path, TEXT, chunk_rows=3)
    with open(tmp_path / "out.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["click", "color_0", "color_1", "color_2", "stars"]
    expected = predictor.predict(ROWS)
    received = np.array(rows, np.float32)
    assert_near(received[:, 0], expected["click"])
    assert_near(received[:, 1:4], expected["color"])
    assert_near(received[:, 4], expected["stars"])
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
        ("", "must have distinct names"),
        (HEADER.replace(",age", ""), r"field `age`; missing: \['age'\]"),
        (HEADER.replace("x_2", "x_9"), r"field `x`; missing: \['x_2'\]"),
        (HEADER + ",user", r"distinct names.*Received: \['user'\]"),
        (TEXT + "z,1,2\n", "Line 8 of .*in.csv must have 7 cells.*: 3 cells"),
        (TEXT + "z,1,2,3,4,5,ann,b\n", "Line 8 .*Received: 8 cells"),
        (TEXT + "z,1,two,3,4,5,ann\n", "Row 4: Field `x` must hold 4 finite"),
        (TEXT + "z,1,,3,4,5,ann\n", "Row 4: Field `x` must hold 4 finite"),
        (TEXT + "z,1,nan,3,4,5,ann\n", "Row 4: Field `x` must hold 4 finite"),
        (TEXT + "z,1,2,3,4,old,ann\n", "Row 4: Field `age` must hold integers"),
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


def test_the_row_of_an_error_does_not_depend_on_chunks(predictor, tmp_path):
    rows = ["0,1,2,3,7,ann"] * 20
    rows[13] = "0,1,2,3,old,ann"
    text = "\n".join(["x_0,x_1,x_2,x_3,age,user", *rows])
    for chunk_rows in (1, 4, 64):
        with pytest.raises(ValueError, match="Row 13: Field `age`"):
            run(predictor, tmp_path, text, chunk_rows=chunk_rows)


def write_table(path, rows, is_spread=False):
    """Rows as a file of the kind that the path's suffix says."""
    if is_spread:  # the vector as columns
        rows = [
            {
                **{k: v for k, v in row.items() if k != "x"},
                **{f"x_{i}": value for i, value in enumerate(row["x"])},
            }
            for row in rows
        ]
    if ".jsonl" in path.suffixes or path.suffix == ".ndjson":
        lines = [
            # An absent key is a missing value.
            json.dumps({k: v for k, v in row.items() if v is not None})
            for row in rows
        ]
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "wt", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    else:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)


def read_predictions(path):
    """Columns of a file of predictions."""
    if path.suffix in (".parquet", ".pq"):
        table = pyarrow.parquet.read_table(path)
        assert {str(kind) for kind in table.schema.types} == {"float"}
        return table.to_pydict()
    rows = list(map(json.loads, path.read_text().splitlines()))
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.mark.parametrize("is_spread", [False, True])
@pytest.mark.parametrize("chunk_rows", [1, 3, 65536])
@pytest.mark.parametrize(
    ("source", "sink"),
    [
        ("in.jsonl", "out.parquet"),
        ("in.jsonl.gz", "out.pq"),
        ("in.ndjson", "out.ndjson"),
        ("in.parquet", "out.jsonl"),
        ("in.pq", "out.jsonl"),
    ],
)
def test_other_kinds_of_files(
    predictor, tmp_path, source, sink, chunk_rows, is_spread
):
    write_table(tmp_path / source, ROWS, is_spread)
    paths = tmp_path / source, tmp_path / sink
    assert predict_file(predictor, *paths, chunk_rows=chunk_rows) == len(ROWS)
    expected = predictor.predict(ROWS)
    received = read_predictions(tmp_path / sink)
    assert list(received) == ["click", "stars"]
    for task, values in received.items():
        assert_near(values, expected[task])
    assert {p.name for p in tmp_path.iterdir()} == {source, sink}


def test_classes_in_other_kinds_of_files(class_export_dir, tmp_path):
    predictor = Predictor(class_export_dir, num_threads=1)
    write_table(tmp_path / "in.jsonl", ROWS)
    expected = predictor.predict(ROWS)
    for sink in ("out.jsonl", "out.parquet"):
        predict_file(predictor, tmp_path / "in.jsonl", tmp_path / sink)
        received = read_predictions(tmp_path / sink)
        classes = [f"color_{i}" for i in range(3)]
        assert list(received) == ["click", *classes, "stars"]
        assert_near(
            np.transpose([received[name] for name in classes]),
            expected["color"],
        )


@pytest.mark.parametrize(
    ("source", "sink", "message"),
    [
        ("in.txt", "out.csv", "`path` must end in one of"),
        ("in.jsonl", "out.txt", "`output_path` must end in one of"),
        ("in.jsonl", "out", "`output_path` must end in one of"),
    ],
)
def test_unknown_kinds_of_files(predictor, tmp_path, source, sink, message):
    (tmp_path / source).write_text(json.dumps(ROWS[0]) + "\n")
    with pytest.raises(ValueError, match=message):
        predict_file(predictor, tmp_path / source, tmp_path / sink)
    assert [path.name for path in tmp_path.iterdir()] == [source]


@pytest.mark.parametrize(
    ("source", "sink"), [("in.parquet", "out.csv"), ("in.jsonl", "out.pq")]
)
def test_without_pyarrow(predictor, tmp_path, monkeypatch, source, sink):
    write_table(tmp_path / source, ROWS)
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="Parquet needs pyarrow: pip install"):
        predict_file(predictor, tmp_path / source, tmp_path / sink)
    assert [path.name for path in tmp_path.iterdir()] == [source]


def test_input_that_does_not_exist(predictor, tmp_path):
    with pytest.raises(FileNotFoundError, match="in.csv"):
        predict_file(predictor, tmp_path / "in.csv", tmp_path / "out.csv")
    assert not list(tmp_path.iterdir())


def test_chunk_rows(predictor, tmp_path):
    with pytest.raises(ValueError, match="`chunk_rows` must be positive"):
        run(predictor, tmp_path, TEXT, chunk_rows=0)


def test_the_input_is_not_overwritten(predictor, tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("a\n1\n")
    with pytest.raises(ValueError, match="`output_path` must be another file"):
        predict_file(predictor, path, path)
    assert path.read_text() == "a\n1\n"
