import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

import mtnas_tf as mt
from export import export_model
from export.serving import Predictor
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import RowSplit
from mtnas_tf.data import TaskSpec
from mtnas_tf.data import from_csv
from mtnas_tf.data import from_dataframe
from mtnas_tf.data import from_file
from mtnas_tf.data import from_parquet
from mtnas_tf.data import infer_schema
from mtnas_tf.data import tables

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
    write(FRAME, tmp_path / "table")
    kwargs = {**KWARGS, "schema": schema, "split": split}
    expected = everything(from_dataframe(FRAME, **kwargs))
    for rows in (7, 200_000):
        monkeypatch.setattr(tables, "ROWS_PER_CHUNK", rows)
        received = everything(read(tmp_path / "table", **kwargs))
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
        ("tags", 3, "Field `tags` must hold lists. Received: 3"),
        ("click", 2, "column `click` must hold 0, 1 or nothing. Received: 2"),
        ("like", "yes", "column `like` must hold 0, 1 .*Received: 'yes'"),
    ],
)
def test_a_wrong_cell_is_named(column, value, message, row):
    schema = infer_schema(FRAME, TASKS, exclude=["day"])
    with pytest.raises(ValueError, match=f"Row {row}: {message}"):
        from_dataframe(with_cell(column, row, value), schema=schema)


def with_classes():
    """The schema of `FRAME`, whose ages are classes in place of clicks."""
    schema = infer_schema(FRAME, ["age"], exclude=["day"])
    assert schema.tasks == (TaskSpec(name="age", kind="regression"),)
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
    message = r"Row 171: column `age` must hold whole numbers in \[0, 41\) or"
    with pytest.raises(ValueError, match=f"{message}.*Received: {value!r}"):
        from_dataframe(with_cell("age", 171, value), schema=with_classes())


def test_a_wrong_cell_of_a_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROWS_PER_CHUNK", 50)
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
    with pytest.raises(ValueError, match="`path` must end in .parquet.*t.txt"):
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
    model = mt.models.MMoE(data.schema, units=8, embedding_dim=4)
    model.compile(mt.optimizers.SparseAdam(0.02), jit_compile=False)
    model.fit(data.train, epochs=8, shuffle=False, verbose=0)
    results = model.evaluate(data.train, return_dict=True)
    assert results["click_auc"] > 0.75
    export_model(model, tmp_path / "out", formats=("onnx",))
    rows = json.loads(FRAME[:9].to_json(orient="records"))
    received = Predictor(tmp_path / "out").predict(rows)
    expected = model(data.schema.preprocessor(FRAME[:9]), training=False)
    for task in TASKS:
        np.testing.assert_allclose(
            received[task], expected[task][:, 0], atol=1e-5
        )
