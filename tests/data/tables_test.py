import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from tolerances import assert_near
from toy_table import FRAME
from toy_table import KWARGS
from toy_table import SPLIT
from toy_table import TASKS
from toy_table import everything
from toy_table import write_frame

import mtnas_tf as mt
from export import export_model
from export.serving import Predictor
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
