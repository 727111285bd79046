import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds
import toy_data
import toy_images

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data import CATALOG
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import TaskSpec
from mtnas_tf.data.score_weights import with_score_weights

WEIGHTED = with_score_weights(toy_data.SCHEMA, {"stars": 0.5})


@pytest.mark.parametrize(
    "schema", [toy_data.SCHEMA, toy_data.CLASS_SCHEMA, WEIGHTED]
)
def test_round_trip_through_json(schema):
    data = json.loads(json.dumps(schema.to_dict()))
    assert DatasetSchema.from_dict(data) == schema


def test_a_task_saved_without_classes_has_none():
    data = toy_data.SCHEMA.to_dict()
    for task in data["tasks"]:
        del task["num_classes"]
    assert DatasetSchema.from_dict(data) == toy_data.SCHEMA


def test_weights_of_scores():
    assert [task.score_weight for task in WEIGHTED.tasks] == [1.0, 0.5]
    assert with_score_weights(WEIGHTED, {}) == toy_data.SCHEMA
    with pytest.raises(ValueError, match="`weights` must.*'likes'"):
        with_score_weights(toy_data.SCHEMA, {"likes": 2.0})


def test_outputs_of_tasks():
    assert toy_data.SCHEMA.num_outputs == {"click": 1, "stars": 1}
    assert toy_data.CLASS_SCHEMA.num_outputs == {"click": 4, "stars": 1}
    assert toy_data.CLICKED_LINK.num_outputs == 4


def test_task_names_and_preprocessor():
    assert toy_data.SCHEMA.task_names == ("click", "stars")
    preprocessor = toy_data.SCHEMA.preprocessor
    assert preprocessor.fields == toy_data.SCHEMA.fields
    assert preprocessor.num_buckets == 11
    assert toy_data.SCHEMA.input_widths == {"ids": 3, "values": 2}


def test_some_of_the_tasks():
    click, buy = toy_data.CLICK, toy_data.BUY
    like = TaskSpec(name="like", condition="click")
    schema = dataclasses.replace(toy_data.SCHEMA, tasks=(click, buy, like))
    assert schema.with_tasks(["buy", "click", "like"]) == schema
    assert schema.with_tasks(["like", "click"]).tasks == (click, like)
    # Its labels are masked by then.
    assert schema.with_tasks(["like"]).tasks == (TaskSpec(name="like"),)
    with pytest.raises(
        ValueError, match=r"`names` must be a list of.*'sell'\]"
    ):
        schema.with_tasks(["buy", "sell"])


def test_one_task_may_have_another_name():
    schema = toy_data.SCHEMA.with_tasks(["stars"])
    renamed = schema.with_task_named("rating")
    assert renamed.tasks == (TaskSpec(name="rating", kind="regression"),)
    assert renamed.with_task_named("stars") == schema
    with pytest.raises(ValueError, match=r"one task.*'click', 'stars'"):
        toy_data.SCHEMA.with_task_named("rating")


def conditional(**conditions):
    """The schema of binary tasks with these conditions."""
    tasks = tuple(
        TaskSpec(name=name, condition=condition)
        for name, condition in conditions.items()
    )
    return dataclasses.replace(toy_data.SCHEMA, tasks=tasks)


@pytest.mark.parametrize(
    ("conditions", "received"),
    [
        ({"a": "a"}, "a if a"),
        ({"a": "b", "b": "a"}, "a if b if a"),
        ({"a": "b", "b": "c", "c": "a"}, "a if b if c if a"),
        ({"a": "b", "b": "c", "c": "b"}, "a if b if c if b"),
        ({"a": "b", "b": "absent"}, "a if b if absent, with tasks"),
    ],
)
def test_conditions_in_a_circle_are_named(conditions, received):
    with pytest.raises(
        ValueError, match=f"`condition` must name another task.*: {received}"
    ):
        conditional(**conditions)


@pytest.mark.parametrize(
    "task",
    [
        TaskSpec(name="stars", kind="regression"),
        TaskSpec(name="stars", kind="multiclass", num_classes=3),
    ],
)
def test_a_condition_is_a_binary_task(task):
    like = TaskSpec(name="like", condition="stars")
    with pytest.raises(
        ValueError, match=f"binary task.*'stars', a {task.kind} task, of 'like'"
    ):
        dataclasses.replace(toy_data.SCHEMA, tasks=(like, task))


def test_a_label_counts_where_all_its_conditions_hold():
    schema = conditional(buy="like", click=None, like="click")
    labels = {
        "click": np.array([1, 1, 1, 0, 0, np.nan]),
        "like": np.array([1, 0, np.nan, 1, 0, 1]),
        "buy": np.array([1.0, 1, 1, 1, 1, 1]),
    }
    masked = schema.mask(labels)
    assert list(masked) == ["buy", "click", "like"]
    np.testing.assert_array_equal(masked["click"], labels["click"])
    nan = np.nan
    np.testing.assert_array_equal(masked["like"], [1, 0, nan, nan, nan, nan])
    np.testing.assert_array_equal(masked["buy"], [1, nan, nan, nan, nan, nan])
    again = schema.mask(masked)
    for name, label in masked.items():
        np.testing.assert_array_equal(again[name], label)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tasks": ("click",)}, "`tasks` must hold `TaskSpec`s.*'click' among"),
        ({"fields": ("u",)}, "`fields` must hold `FieldSpec`s.*'u' among"),
        ({"num_buckets": 0}, "`num_buckets` must lie in.*num_buckets=0"),
    ],
)
def test_a_wrong_part_of_a_schema_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(toy_data.SCHEMA, **change)


def test_tasks_are_named_in_a_list():
    with pytest.raises(ValueError, match="`names` must be a list.*'click'"):
        toy_data.SCHEMA.with_tasks("click")


def test_catalog_is_keyed_by_name():
    assert {name: schema.name for name, schema in CATALOG.items()} == {
        name: name for name in CATALOG
    }
    assert "synthetic_mtl" in CATALOG


@pytest.mark.parametrize(
    ("name", "num_fields", "tasks", "left_out"),
    [
        (
            "goodreads_poetry",
            14,
            ("read", "satisfied", "reviewed"),
            {"rating", "average_rating", "ratings_count", "title"},
        ),
        ("tiktok", 9, ("finish", "like"), {"time"}),
    ],
)
def test_fields_and_tasks_of_the_papers(name, num_fields, tasks, left_out):
    schema = CATALOG[name]
    names = {field.name for field in schema.fields}
    stored = set(tfds.builder(name).info.features)
    assert len(names) == num_fields
    assert schema.task_names == tasks
    assert names | set(tasks) <= stored
    assert not names & (left_out | set(tasks))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tasks": ()}, r"`tasks` must hold.*tasks=\[\]"),
        ({"tasks": (toy_data.BUY,) * 2}, "`tasks` must.*'buy', 'buy'"),
        ({"fields": ()}, "`fields` must hold"),
        ({"num_buckets": 0}, "`num_buckets` must lie.*num_buckets=0"),
    ],
)
def test_wrong_schema_is_named(change, message):
    defaults = {
        "name": "toy",
        "fields": toy_data.SCHEMA.fields,
        "tasks": (toy_data.BUY,),
    }
    with pytest.raises(ValueError, match=message):
        DatasetSchema(**(defaults | change))


# The locale of a process is that of its start.
@pytest.mark.slow
def test_a_schema_is_read_as_utf_8_whatever_the_locale(pytestconfig, tmp_path):
    field = dataclasses.replace(toy_data.SCHEMA.fields[0], name="用户")
    schema = dataclasses.replace(
        toy_data.SCHEMA, fields=(field,), domain=None, entities=()
    )
    text = json.dumps(schema.to_dict(), ensure_ascii=False)
    path = tmp_path / "schema.json"
    path.write_text(text, encoding="utf-8")
    script = f"""
import locale
from mtnas_tf.data import DatasetSchema
assert locale.getencoding() != "UTF-8"
print(ascii(DatasetSchema.load({str(path)!r}).fields[0].name))
"""
    ascii_locale = {"LC_ALL": "C", "PYTHONUTF8": "0"}
    output = subprocess.run(
        [sys.executable, "-c", script],
        cwd=pytestconfig.rootpath,
        env={**os.environ, **ascii_locale, "PYTHONCOERCECLOCALE": "0"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    assert output.strip() == ascii(field.name)


def test_a_label_is_no_field():
    fields = (FieldSpec(name="click"), FieldSpec(name="user"))
    with pytest.raises(ValueError, match=r"must not be a field.*\['click'\]"):
        DatasetSchema(
            name="toy", fields=fields, tasks=(TaskSpec(name="click"),)
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fields": [{"name": "u", "kindd": "string"}]}, "schema.json.*kindd"),
        ({"fields": [{"name": "u", "max_length": "3"}]}, "schema.json"),
        ({"num_buckets": "1000"}, "schema.json"),
        ({"fields": None}, "schema.json"),
    ],
)
def test_a_wrong_schema_file_is_named(change, message, tmp_path):
    schema = DatasetSchema(
        name="toy",
        fields=(FieldSpec(name="user"),),
        tasks=(TaskSpec(name="click"),),
    )
    path = tmp_path / "schema.json"
    path.write_text(json.dumps({**schema.to_dict(), **change}))
    with pytest.raises(ValueError, match=message):
        DatasetSchema.load(path)
    path.write_text("{,}")
    with pytest.raises(ValueError, match="schema.json must be a schema"):
        DatasetSchema.load(path)


def test_schema_of_images():
    schema = toy_images.SCHEMA
    data = json.loads(json.dumps(schema.to_dict()))
    assert data["image_shape"] == [6, 5, 1]
    assert DatasetSchema.from_dict(data) == schema
    assert schema.image_shape == (6, 5, 1)
    assert schema.input_widths == {}
    assert schema.with_tasks(["latin"]).num_outputs == {"latin": 4}
    with pytest.raises(ValueError, match="`schema` must have fields: images"):
        _ = schema.preprocessor
    # Schemas of rows are written as before there were images.
    assert "image_shape" not in toy_data.SCHEMA.to_dict()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_shape": (6, 5)}, "`image_shape` must hold at least 3 int"),
        ({"image_shape": (6, 5, 0)}, "`image_shape` must hold"),
        ({"image_shape": (1, 6, 5, 1)}, r"`image_shape` must be \(height"),
        ({"fields": (FieldSpec(name="u"),)}, "`fields` must be empty.*'u'"),
        ({"image_shape": None}, "`fields` must hold at least one field"),
    ],
)
def test_a_wrong_schema_of_images_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(toy_images.SCHEMA, **changes)
