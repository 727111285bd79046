"""What the columns of a table are read as, whatever keeps them."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest
from tolerances import assert_near
from toy_table import FRAME
from toy_table import KWARGS
from toy_table import SPLIT
from toy_table import TASKS
from toy_table import everything
from toy_table import write_frame

import mtnas_tf as mt
from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import Preprocessor
from mtnas_preprocessing.tables import open_table
from mtnas_tf.data import TaskSpec
from mtnas_tf.data import dealt_rows
from mtnas_tf.data import from_csv
from mtnas_tf.data import from_dataframe
from mtnas_tf.data import from_file
from mtnas_tf.data import from_parquet
from mtnas_tf.data import infer_schema
from mtnas_tf.data.frame_table import FrameTable


def all_ids(data):
    return np.concatenate([s.inputs["ids"] for s in data.splits.values()])


FILES = ["t.csv", "t.parquet", "t.jsonl"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("with_schema", [False, True])
def test_ids_of_19_digits_are_exact(name, with_schema, tmp_path):
    """With a gap, pandas would make floats of them."""
    items = [6_800_000_000_000_000_000 + i for i in range(999)] + [None]
    frame = pd.DataFrame(
        {"item": pd.array(items, "Int64"), "click": [0, 1] * 500}
    )
    kwargs = {"tasks": ["click"], "batch_size": 16, "num_buckets": 2**31 - 1}
    expected = from_dataframe(frame, **kwargs)
    assert expected.schema.fields[0].kind == "integer"
    if with_schema:
        kwargs["schema"] = expected.schema
    data = from_file(write_frame(frame, tmp_path / name), **kwargs)
    np.testing.assert_array_equal(all_ids(data), all_ids(expected))
    assert len(np.unique(all_ids(data))) == 1000


def test_floats_that_were_ids_are_left_out():
    items = [6.8e18 + 2**20 * i for i in range(99)] + [np.nan]
    frame = pd.DataFrame(
        {"item": items, "u": [1, 2] * 50, "click": [0, 1] * 50}
    )
    with pytest.warns(UserWarning, match="`item` .whole floats too large"):
        data = from_dataframe(frame, ["click"], batch_size=16)
    assert [f.name for f in data.schema.fields] == ["u"]


def test_no_part_of_a_csv_is_typed_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(dealt_rows, "ROWS_PER_PART", 100)
    last = [f"{i % 50:04d}" for i in range(200)]
    items = [f"A{i % 40:03d}" for i in range(600)] + last
    frame = pd.DataFrame({"item": items, "click": [0, 1] * 400})
    frame.to_csv(tmp_path / "t.csv", index=False)
    kwargs = {"num_buckets": 4_000_000, "batch_size": 16}
    data = from_csv(tmp_path / "t.csv", ["click"], **kwargs)
    served = data.schema.preprocessor({"item": last})["ids"]
    assert np.isin(served, all_ids(data)).all()


@pytest.mark.parametrize("name", FILES)
def test_bools_are_integers(name, tmp_path):
    frame = pd.DataFrame(
        {"new": [True, False] * 50, "click": [0, 1, 1, 0] * 25}
    )
    path = write_frame(frame, tmp_path / name)
    data = from_file(path, tasks=["click"], batch_size=16)
    again = from_file(path, schema=data.schema, batch_size=16)
    expected = from_dataframe(frame, ["click"], batch_size=16)
    assert data.schema == again.schema == expected.schema
    for received in (data, again):
        np.testing.assert_array_equal(all_ids(received), all_ids(expected))


def test_rows_that_are_known_before_they_are_read(tmp_path):
    frame = pd.DataFrame({"x": [1, 2, 3]})
    (tmp_path / "t").mkdir()
    frame.to_parquet(tmp_path / "t" / "0.parquet")
    frame.to_parquet(tmp_path / "t" / "1.parquet")
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert open_table(tmp_path / "t").num_rows == 6
    assert open_table(tmp_path / "t.csv").num_rows is None
    assert FrameTable(frame).num_rows == 3


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_lists_of_floats_are_vectors(name, tmp_path):
    vectors = np.random.default_rng(0).normal(size=(100, 64)).astype("f")
    for form in (list, lambda v: v.tolist()):
        frame = pd.DataFrame(
            {"x": [form(v) for v in vectors], "click": [0, 1] * 50}
        )
        if name == "t.csv":
            frame["x"] = frame.x.map(lambda v: str(list(map(float, v))))
        path = write_frame(frame, tmp_path / name)
        data = from_file(path, tasks=["click"], batch_size=16)
        (field,) = data.schema.fields
        assert (field.kind, field.size) == ("vector", 64)
        values = [s.inputs["values"] for s in data.splits.values()]
        total = np.concatenate(values).sum(axis=0, dtype=float)
        assert_near(total, vectors.sum(axis=0, dtype=float))


@pytest.mark.parametrize("labels", [[3, 4, 4], [-1, 1, None], [5, 5, 5]])
def test_two_numbers_are_a_regression_if_the_schema_says_so(labels):
    frame = pd.DataFrame({"u": [1, 2, 3] * 30, "y": labels * 30})
    task = TaskSpec(name="y", kind="regression")
    schema = infer_schema(frame.assign(y=1), ["y"])
    schema = dataclasses.replace(schema, tasks=(task,))
    data = from_dataframe(frame, schema=schema, batch_size=16)
    found = np.concatenate([s.labels["y"] for s in data.splits.values()])
    assert np.nansum(found) == frame.y.sum()


def test_labels_are_mapped_as_the_error_says():
    frame = pd.DataFrame({"u": [1, 2, 3] * 30, "y": ["3", "4", None] * 30})
    with pytest.raises(ValueError, match="Map them first") as error:
        from_dataframe(frame, ["y"], batch_size=16)
    advice = re.search(r"= (table.*}\))", str(error.value))[1]
    frame["y"] = eval(advice, {"table": frame})
    data = from_dataframe(frame, ["y"], batch_size=16)
    assert data.schema.tasks == (TaskSpec(name="y"),)
    found = np.concatenate([s.labels["y"] for s in data.splits.values()])
    assert np.nansum(found) == 30 and np.isnan(found).sum() == 30


def test_a_range_index_is_no_column(tmp_path):
    frame = pd.DataFrame({"u": [1, 2, 3] * 30, "click": [0, 1] * 45})
    frame.index = pd.RangeIndex(90, name="row")
    frame.to_parquet(tmp_path / "t.parquet")
    kwargs = {"batch_size": 16, "tasks": ["click"]}
    expected = from_dataframe(frame, **kwargs)
    assert [field.name for field in expected.schema.fields] == ["u"]
    data = from_parquet(tmp_path / "t.parquet", **kwargs)
    assert data.schema == expected.schema
    np.testing.assert_array_equal(everything(data), everything(expected))


def test_a_named_index_of_other_numbers_is_a_column(tmp_path):
    frame = pd.DataFrame({"u": [1, 2, 3] * 30, "click": [0, 1] * 45})
    frame.index = pd.Index([*range(1, 10)] * 10, name="row")
    frame.to_parquet(tmp_path / "t.parquet")
    for source in (frame, tmp_path / "t.parquet"):
        fields = mt.data.propose_schema(source, ["click"]).schema.fields
        assert {field.name for field in fields} == {"u", "row"}


def test_floats_of_16_bits_are_those_of_a_csv_file(tmp_path):
    rng = np.random.default_rng(0)
    numbers = (rng.integers(1, 400, 400) / 10).astype(np.float16)
    frame = pd.DataFrame({"x": numbers, "click": [0, 1] * 200})
    frame.to_csv(tmp_path / "t.csv", index=False)
    arrow = pyarrow.table(
        {"x": numbers, "click": frame.click, "v": [[x] for x in numbers]}
    )
    pyarrow.parquet.write_table(arrow, tmp_path / "t.parquet")
    schema = infer_schema(pd.read_csv(tmp_path / "t.csv"), ["click"])
    assert len(schema.fields[0].boundaries) == 31
    schema = dataclasses.replace(schema, num_buckets=10_000)
    kwargs = {"schema": schema, "batch_size": 16}
    expected = everything(from_csv(tmp_path / "t.csv", **kwargs))
    narrow = frame.astype({"x": pd.ArrowDtype(pyarrow.float16())})
    for data in (
        from_dataframe(frame, **kwargs),
        from_dataframe(narrow, **kwargs),
        from_parquet(tmp_path / "t.parquet", **kwargs),
    ):
        np.testing.assert_array_equal(everything(data), expected)
    assert infer_schema(frame, ["click"]).fields == schema.fields


def test_vectors_of_16_bits_are_those_of_a_text(tmp_path):
    numbers = np.array([[0.1, 0.3]], np.float16)
    field = FieldSpec(name="v", kind="vector", size=2)
    preprocessor = Preprocessor([field], 10)
    expected = preprocessor({"v": ["0.1|0.3"]})["values"]
    vectors = pyarrow.array([numbers[0]], pyarrow.list_(pyarrow.float16()))
    pyarrow.parquet.write_table(
        pyarrow.table({"v": vectors}), tmp_path / "t.parquet"
    )
    table = open_table(tmp_path / "t.parquet")
    for values in (numbers, [numbers[0]], list(table.column("v"))):
        found = preprocessor({"v": values})["values"]
        np.testing.assert_array_equal(found, expected)


def test_the_index_of_a_frame_is_a_column_if_it_has_a_name(tmp_path):
    frame = pd.DataFrame({"user": [1, 2] * 50, "click": [0, 1, 1, 0] * 25})
    indexed = frame.set_index("user")
    indexed.to_parquet(tmp_path / "t.parquet")
    for data in (
        from_dataframe(indexed, ["click"], batch_size=16),
        from_parquet(tmp_path / "t.parquet", ["click"], batch_size=16),
    ):
        assert [f.name for f in data.schema.fields] == ["user"]


def test_a_kind_is_refused_by_no_row_of_the_table():
    """The one float is in the test split."""
    values = [*range(9)] * 11 + [0.9]
    frame = pd.DataFrame({"x": values, "day": range(100), "click": [0, 1] * 50})
    data = from_dataframe(frame.astype({"x": object}), ["click"], **KWARGS)
    assert data.schema.fields[0].kind == "float"


def test_vocabularies_of_a_table():
    data = from_dataframe(FRAME, TASKS, **KWARGS, min_count=20)
    (user, *_) = data.schema.fields
    assert set(user.vocabulary) <= {"ann", "bob", "eve", ""}
    counts = FRAME[FRAME.day < 240].user.fillna("").value_counts()
    assert set(user.vocabulary) == set(counts[counts >= 20].index)


def test_a_proposal_says_why():
    proposal = mt.data.propose_schema(FRAME, TASKS, split=SPLIT)
    assert proposal.schema == from_dataframe(FRAME, TASKS, **KWARGS).schema
    columns = {column.name: column for column in proposal.columns}
    assert columns["price"].kind.startswith("float")
    assert columns["price"].missing == pytest.approx(
        FRAME[FRAME.day < 240].price.isna().mean()
    )
