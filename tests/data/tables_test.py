import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest
from tolerances import assert_near

import mtnas_tf as mt
from export import export_model
from export.serving import Predictor
from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import Preprocessor
from mtnas_preprocessing.tables import open_table
from mtnas_preprocessing.tables.csv_table import CsvTable
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import RowSplit
from mtnas_tf.data import TaskSpec
from mtnas_tf.data import dealt_rows
from mtnas_tf.data import from_csv
from mtnas_tf.data import from_dataframe
from mtnas_tf.data import from_file
from mtnas_tf.data import from_parquet
from mtnas_tf.data import infer_schema

TASKS = ["click", "like"]


def make_frame(num_rows=300, seed=0):
    """Strings, integers, floats and lists, all with gaps, labels too."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "user": rng.choice(["ann", "bob", "eve", None], num_rows),
            "age": rng.choice([18.0, 40.0, np.nan], num_rows),
            "price": rng.exponential(size=num_rows),
            "tags": [
                None
                if rng.random() < 0.1
                else list(rng.choice(list("abcd"), n))
                for n in rng.integers(0, 5, num_rows)
            ],
            "day": rng.permutation(num_rows),
        }
    )
    frame.loc[rng.random(num_rows) < 0.1, "price"] = np.nan
    score = (frame.user == "ann") + frame.price.fillna(0) - 0.5
    for index, task in enumerate(TASKS):
        noise = rng.normal(scale=0.3, size=num_rows)
        frame[task] = (score + noise > 0.5 * index).astype(float)
        frame.loc[rng.random(num_rows) < 0.2, task] = np.nan
    return frame


FRAME = make_frame()
SPLIT = RowSplit(kind="time", column="day")
KWARGS = {"split": SPLIT, "batch_size": 16, "reward_batch_size": 8}


def everything(data):
    """All rows of all splits, one below the other."""
    whole = mt.data.Split.concatenate(list(data.splits.values()))
    arrays = [*whole.inputs.values(), *whole.labels.values()]
    return np.concatenate(arrays, axis=1)


def test_rows_are_encoded_by_the_schema():
    data = from_dataframe(FRAME, TASKS, **KWARGS)
    assert [f.name for f in data.schema.fields] == [
        "user",
        "age",
        "price",
        "tags",
    ]
    ordered = FRAME.sort_values("day")
    for name, rows in (("train", ordered[:240]), ("test", ordered[270:])):
        split = data.splits[name]
        rows = rows.sort_index()
        expected = data.schema.preprocessor(rows)
        np.testing.assert_array_equal(split.inputs["ids"], expected["ids"])
        for task in TASKS:
            np.testing.assert_array_equal(
                split.labels[task][:, 0], rows[task].astype("f")
            )


def test_statistics_are_of_training_rows():
    frame = FRAME.copy()
    frame.loc[frame.day >= 240, "price"] = 1e6
    data = from_dataframe(frame, TASKS, **KWARGS)
    train = frame[frame.day < 240]
    assert data.schema == infer_schema(train, TASKS, exclude=["day"])
    assert max(data.schema.fields[2].boundaries) < 1e3


def test_a_given_schema_is_taken(tmp_path):
    schema = infer_schema(FRAME, TASKS, exclude=["day"])
    fields = (dataclasses.replace(schema.fields[0], vocabulary=("ann",)),)
    edited = dataclasses.replace(schema, fields=fields, num_buckets=7)
    edited.save(tmp_path / "schema.json")
    loaded = DatasetSchema.load(tmp_path / "schema.json")
    assert loaded == edited
    data = from_dataframe(FRAME, schema=loaded, **KWARGS)
    assert data.schema == edited
    assert data.splits["train"].inputs["ids"].shape == (240, 1)


def write_parquet(frame, path):
    frame.to_parquet(path)


def write_csv(frame, path):
    tags = frame.tags.map(lambda tags: "|".join(tags or []))
    frame.assign(tags=tags).to_csv(path, index=False)


@pytest.mark.parametrize(
    ("read", "write"),
    [(from_csv, write_csv), (from_parquet, write_parquet)],
    ids=["csv", "parquet"],
)
@pytest.mark.parametrize("split", [RowSplit(), SPLIT], ids=["random", "time"])
def test_files_hold_what_the_frame_does(
    read, write, split, tmp_path, monkeypatch
):
    schema = infer_schema(FRAME, TASKS, exclude=["day"])
    path = tmp_path / f"table.{read.__name__.removeprefix('from_')}"
    write(FRAME, path)
    kwargs = {**KWARGS, "schema": schema, "split": split}
    expected = everything(from_dataframe(FRAME, **kwargs))
    for rows in (7, 200_000):
        monkeypatch.setattr(dealt_rows, "ROWS_PER_PART", rows)
        received = everything(read(path, **kwargs))
        np.testing.assert_array_equal(received, expected)


def test_files_without_a_schema(tmp_path):
    write_csv(FRAME, tmp_path / "table.csv")
    write_parquet(FRAME, tmp_path / "table.parquet")
    plain = from_dataframe(FRAME, TASKS, **KWARGS).schema
    assert from_parquet(tmp_path / "table.parquet", TASKS, **KWARGS).schema == (
        plain
    )
    schema = from_csv(tmp_path / "table.csv", TASKS, **KWARGS).schema
    kinds = {field.name: field.kind for field in schema.fields}
    assert kinds == {
        "user": "string",
        "age": "integer",
        "price": "float",
        "tags": "string",  # cannot be told from a text
    }


def test_a_text_of_digits_stays_a_text(tmp_path):
    frame = pd.DataFrame(
        {"zip": ["007", "NA", None] * 9, "click": [0, 1, 1] * 9}
    )
    frame.to_csv(tmp_path / "table.csv", index=False)
    schema = infer_schema(frame, ["click"])
    kwargs = {"schema": schema, "batch_size": 2, "reward_batch_size": 2}
    data = from_csv(tmp_path / "table.csv", **kwargs)
    expected = from_dataframe(frame, **kwargs)
    np.testing.assert_array_equal(everything(data), everything(expected))


def test_condition_of_a_task():
    schema = infer_schema(FRAME, TASKS, exclude=["day"])
    click, like = schema.tasks
    like = dataclasses.replace(like, condition="click")
    schema = dataclasses.replace(schema, tasks=(click, like))
    data = from_dataframe(FRAME, schema=schema, **KWARGS)
    for split in data.splits.values():
        is_clicked = split.labels["click"] == 1
        assert np.isnan(split.labels["like"][~is_clicked]).all()
    rows = FRAME[(FRAME.click == 1) & FRAME.like.notna()]
    kept = sum(
        (~np.isnan(s.labels["like"])).sum() for s in data.splits.values()
    )
    assert kept == len(rows)


@pytest.mark.parametrize("condition", ["like", "absent"])
def test_wrong_condition_is_named(condition):
    tasks = (TaskSpec(name="like", condition=condition), TaskSpec(name="click"))
    schema = infer_schema(FRAME, TASKS, exclude=["day"])
    with pytest.raises(ValueError, match=f"`condition` must.*{condition}"):
        dataclasses.replace(schema, tasks=tasks)


def with_cell(column, row, value):
    frame = FRAME.astype({column: object})
    frame.at[row, column] = value
    return frame


@pytest.mark.parametrize("row", [0, 5, 171, 299])
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("age", "old", "Field `age` must hold integers. Received: 'old'"),
        ("price", "free", "Field `price` must hold numbers. Received: 'free'"),
        ("tags", {"a": 1}, "Field `tags` must hold lists. Received: {'a'"),
        (
            "click",
            2,
            "column `click` must hold 0 or 1, or nothing.*: 2",
        ),
        ("like", "yes", "column `like` must hold 0 or 1, .*Received: 'yes'"),
    ],
)
def test_a_wrong_cell_is_named(column, value, message, row):
    schema = infer_schema(FRAME, TASKS, exclude=["day"])
    with pytest.raises(ValueError, match=f"Row {row}: {message}"):
        from_dataframe(with_cell(column, row, value), schema=schema)


def with_classes():
    """The schema of `FRAME`, whose ages are classes in place of clicks."""
    schema = infer_schema(FRAME, TASKS, exclude=["day", "age"])
    age = TaskSpec(name="age", kind="multiclass", num_classes=41)
    return dataclasses.replace(schema, tasks=(age,))


def test_classes_are_labels(tmp_path):
    with_classes().save(tmp_path / "schema.json")
    schema = DatasetSchema.load(tmp_path / "schema.json")
    data = from_dataframe(FRAME, schema=schema, batch_size=40)
    labels = [s.labels["age"] for s in data.splits.values()]
    known = FRAME.age.dropna()
    assert np.nansum(np.concatenate(labels)) == known.sum()
    assert sum(np.isnan(part).sum() for part in labels) == 300 - len(known)


@pytest.mark.parametrize("value", [-1, 41, 18.5, "old"])
def test_a_cell_that_is_no_class_is_named(value):
    message = r"Row 171: column `age` must hold whole numbers in \[0, 41\), or"
    with pytest.raises(ValueError, match=f"{message}.*Received: {value!r}"):
        from_dataframe(with_cell("age", 171, value), schema=with_classes())


def test_a_wrong_cell_of_a_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(dealt_rows, "ROWS_PER_PART", 50)
    schema = infer_schema(FRAME, TASKS, exclude=["day"])
    write_csv(with_cell("age", 171, "old"), tmp_path / "table.csv")
    with pytest.raises(ValueError, match="Row 171: Field `age`"):
        from_csv(tmp_path / "table.csv", schema=schema)
    frame = FRAME.copy()
    frame.loc[171, "click"] = 7
    write_parquet(frame, tmp_path / "table.parquet")
    with pytest.raises(ValueError, match="Row 171: column `click`"):
        from_parquet(tmp_path / "table.parquet", schema=schema)


@pytest.mark.parametrize(
    ("frame", "kwargs", "message"),
    [
        (FRAME, {}, r"`tasks` must name the columns.*tasks=\(\)"),
        (FRAME, {"tasks": "click"}, "`tasks` must name.*tasks='click'"),
        (FRAME.drop(columns="like"), {"schema": True}, r"Missing: \['like'\]"),
        (FRAME.drop(columns="age"), {"schema": True}, r"Missing: \['age'\]"),
    ],
)
def test_wrong_argument_is_named(frame, kwargs, message):
    if "schema" in kwargs:
        schema = infer_schema(FRAME, TASKS, exclude=["day"])
        kwargs = {"schema": schema}
    with pytest.raises(ValueError, match=message):
        from_dataframe(frame, **kwargs)


def test_kind_of_file(tmp_path):
    write_csv(FRAME, tmp_path / "t.csv.gz")
    write_parquet(FRAME, tmp_path / "t.parquet")
    schema = infer_schema(FRAME, TASKS, exclude=["day"])
    kwargs = {"schema": schema, "num_buckets": 50, **KWARGS}
    expected = from_dataframe(FRAME, **kwargs)
    assert expected.schema.num_buckets == 50
    for name in ("t.csv.gz", "t.parquet"):
        received = from_file(tmp_path / name, **kwargs)
        np.testing.assert_array_equal(
            everything(received), everything(expected)
        )
    (tmp_path / "t.txt").touch()
    with pytest.raises(ValueError, match="`path` must end in one of.*t.txt"):
        from_file(tmp_path / "t.txt")
    with pytest.raises(FileNotFoundError, match="There is no table.*u.csv"):
        from_file(tmp_path / "u.csv")


def test_no_rows(tmp_path):
    (tmp_path / "table.csv").write_text("user,click\n")
    with pytest.raises(ValueError, match="must have rows"):
        from_csv(tmp_path / "table.csv", ["click"])


@pytest.mark.filterwarnings("ignore:.*retracing")
def test_from_frame_to_served_predictions(tmp_path):
    data = from_dataframe(FRAME, TASKS, split=SPLIT, batch_size=40)
    model = mt.models.MMoE(data.schema, hidden_units=(8,), embedding_dim=4)
    model.compile(mt.optimizers.SparseAdam(0.02), jit_compile=False)
    model.fit(data.train, epochs=8, shuffle=False, verbose=0)
    results = model.evaluate(data.train, return_dict=True)
    assert results["click_auc"] > 0.75
    export_model(model, tmp_path / "out", formats=("onnx",))
    rows = json.loads(FRAME[:9].to_json(orient="records"))
    received = Predictor(tmp_path / "out").predict(rows)
    expected = model(data.schema.preprocessor(FRAME[:9]), training=False)
    for task in TASKS:
        assert_near(received[task], expected[task][:, 0])


def all_ids(data):
    return np.concatenate([s.inputs["ids"] for s in data.splits.values()])


def write_frame(frame, path):
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    return path


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


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: from_dataframe("log.csv", TASKS), "`frame` must be a `DataF"),
        (lambda: from_csv(FRAME, TASKS), "`path` must be the path of a file"),
        (
            lambda: from_dataframe(FRAME, schema="schema.json"),
            "`schema` must be a `DatasetSchema`.*'schema.json'",
        ),
        (
            lambda: from_dataframe(FRAME, TASKS, split="time"),
            "`split` must be a `RowSplit`.*'time'",
        ),
        (lambda: from_dataframe(FRAME, "click"), "`tasks` must.*'click'"),
        (
            lambda: from_dataframe(FRAME, TASKS, exclude=["day"], batch_size=0),
            "`batch_size` must.*=0",
        ),
        (
            lambda: from_dataframe(FRAME, TASKS, exclude=["day"], min_count=0),
            "`min_count` must.*=0",
        ),
    ],
)
def test_a_wrong_argument_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


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


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            [np.inf, 1.5, 2.5],
            "Row 0: column `y` must hold numbers that float32",
        ),
        ([1e39, 1.5, 2.5], "Row 0: column `y` must hold numbers that float32"),
        (
            ["yes", "no", "no"],
            r"`y` must hold numbers.*map\({'no': 0, 'yes': 1}\)",
        ),
        ([-1, 1, 1], r"`y` must hold 0 and 1.*map\({-1: 0, 1: 1}\)"),
        ([1, 2, 2], "`y` must hold 0 and 1"),
        ([4, 3, 3], r"`y` must hold 0 and 1, or.*\[3, 4\].*map\({3: 0, 4: 1}"),
        ([10, 9, None], r"`y`.*map\({9: 0, 10: 1}\), or pass a schema whose"),
        (["2.5", "0.5", ""], r"`y`.*\.astype\(float\)\.map\({0.5: 0, 2.5"),
        ([5, 5, 5], r"`y` must hold 0 and 1, or more.*Received: \[5\]"),
    ],
)
def test_labels_are_checked_when_data_are_made(labels, message):
    frame = pd.DataFrame({"u": [1, 2, 3] * 30, "y": labels * 30})
    with pytest.raises(ValueError, match=message):
        from_dataframe(frame, ["y"], batch_size=16)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({0: [0, 1], 1: [1, 2]}),
        pd.DataFrame([[0, 1, 2]], columns=["click", "u", "u"]),
    ],
)
def test_names_of_columns_are_distinct_texts(frame):
    with pytest.raises(ValueError, match="must have distinct names"):
        from_dataframe(frame, [frame.columns[0]])


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


def test_statistics_of_labels_are_of_training_rows():
    frame = FRAME.assign(seconds=FRAME.day * 1000.0)
    data = from_dataframe(frame, ["seconds"], **KWARGS)
    (task,) = data.schema.tasks
    train = frame.seconds[frame.day < 240]
    assert task.mean == pytest.approx(train.mean())
    assert task.scale == pytest.approx(train.std(ddof=0))
    # Labels stay as they are: metrics are in their units.
    labels = data.splits["test"].labels["seconds"]
    assert labels.min() == 270_000


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"tasks": ["like"]}, "`tasks` must be left to the schema.*'like'"),
        ({"exclude": ["age"]}, r"`exclude` must not name fields.*\['age'\]"),
    ],
)
def test_what_the_schema_contradicts_is_refused(kwargs, message):
    schema = infer_schema(FRAME, TASKS, exclude=["day"])
    with pytest.raises(ValueError, match=message):
        from_dataframe(FRAME, schema=schema, **kwargs)


def test_tasks_are_distinct_and_have_labels():
    with pytest.raises(ValueError, match="`tasks` must be distinct"):
        from_dataframe(FRAME, ["click", "click"])
    frame = FRAME.assign(click=np.nan)
    with pytest.raises(ValueError, match="`click` must hold labels.*none"):
        from_dataframe(frame, TASKS)


def test_times_are_read_once_however_often_the_rows_are(tmp_path, monkeypatch):
    path = write_frame(FRAME[["user", "click", "day"]], tmp_path / "t.csv")
    read = []
    column = CsvTable.column

    def counted(table, name):
        read.append(name)
        return column(table, name)

    monkeypatch.setattr(CsvTable, "column", counted)
    from_file(path, ["click"], **KWARGS, min_count=20)
    assert read == ["day"]
