"""What a schema tells of tasks and fields, for the models that read it."""

import dataclasses

import numpy as np
import pytest
import toy_data
import toy_roles

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data import CATALOG
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import EncodedStore
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import TaskSpec
from mtnas_tf.data.task_relations import required_first

SCHEMA = toy_roles.SCHEMA


def requiring(**required):
    """The schema of binary tasks that require one another."""
    tasks = tuple(
        TaskSpec(name=name, requires=other) for name, other in required.items()
    )
    return dataclasses.replace(toy_data.SCHEMA, tasks=tasks)


def test_round_trip(tmp_path):
    assert DatasetSchema.from_dict(SCHEMA.to_dict()) == SCHEMA
    SCHEMA.save(tmp_path / "schema.json")
    assert DatasetSchema.load(tmp_path / "schema.json") == SCHEMA
    parts = [("train", 9), ("valid", 4), ("test", 5)]
    chunks = [(name, toy_roles.make_split(rows)) for name, rows in parts]
    store = EncodedStore.write(tmp_path / "store", SCHEMA, chunks)
    assert store.schema == SCHEMA


def test_a_schema_of_an_earlier_version_has_no_roles():
    data = SCHEMA.to_dict()
    for key in ("domain", "entities", "sequences"):
        del data[key]
    for task in data["tasks"]:
        del task["requires"]
    assert DatasetSchema.from_dict(data) == SCHEMA.without_roles
    assert SCHEMA.without_roles.tasks[2].condition == "click"
    assert SCHEMA.without_roles.preprocessor.lengths == (1, 3, 1, 1)


def test_an_unknown_key_is_named():
    with pytest.raises(ValueError, match=r"unknown keys: \['domian'\]"):
        DatasetSchema.from_dict({**SCHEMA.to_dict(), "domian": "tab"})


@pytest.mark.parametrize(
    ("required", "received"),
    [
        ({"a": "a"}, "a requires a"),
        ({"a": "b", "b": "a"}, "a requires b requires a"),
        ({"a": "b", "b": "absent"}, "a requires b requires absent, with tasks"),
    ],
)
def test_a_wrong_chain_is_named(required, received):
    message = f"`requires` must name another task.*: {received}"
    with pytest.raises(ValueError, match=message):
        requiring(**required)


STARS = TaskSpec(name="stars", kind="regression")


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (
            (TaskSpec(name="buy", requires="stars"), STARS),
            "`requires` must name a binary task.*requires='stars', a regress",
        ),
        (
            (dataclasses.replace(STARS, requires="click"), toy_data.CLICK),
            "`requires` must be of a binary task.*of 'stars', a regression",
        ),
        (
            (
                toy_data.CLICK,
                TaskSpec(name="cart", requires="click"),
                TaskSpec(name="buy", requires="cart", condition="click"),
            ),
            "`condition` must not name.*condition='click', requires='cart' of "
            "'buy'",
        ),
    ],
)
def test_a_relation_is_of_binary_tasks_and_one_of_two(tasks, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(toy_data.SCHEMA, tasks=tasks)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"domain": "page"}, "`domain` must name.*domain='page'"),
        ({"domain": "seen"}, "`domain` must name.*of one value a row.*='seen'"),
        ({"domain": "x"}, "`domain` must name an embedded.*='x'"),
        ({"entities": ("user", "x")}, "`entities` must name.*entities='x'"),
        ({"entities": ("user", "user")}, "`entities` must be distinct"),
        ({"sequences": {"user": "item"}}, "`sequences` must.*lists.*='user'"),
        ({"sequences": {"seen": "seen"}}, "`sequences` must.*row.*='seen'"),
    ],
)
def test_a_field_that_cannot_play_a_role_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SCHEMA, **change)


def test_tasks_follow_what_they_require():
    schema = requiring(pay="buy", like=None, buy="click", click=None)
    names = [task.name for task in required_first(schema.tasks)]
    assert names == ["like", "click", "buy", "pay"]


def test_some_of_the_tasks_keep_what_they_require():
    schema = requiring(pay="buy", buy="click", click=None)
    assert schema.with_tasks(["pay", "click"]).tasks == (
        TaskSpec(name="pay", requires="click"),
        TaskSpec(name="click"),
    )
    assert schema.with_tasks(["pay"]).tasks == (TaskSpec(name="pay"),)


def test_labels_that_contradict_are_refused():
    split = toy_roles.make_split(8)
    split.check(SCHEMA)
    split.labels["click"][5] = 0
    split.labels["buy"][5] = 1
    rule = "`labels` of task 'buy' must be 0 where those of 'click'.*row 5"
    with pytest.raises(ValueError, match=rule):
        MultiTaskData(SCHEMA, split, split, split, batch_size=2)
    split.labels["click"][5] = np.nan  # unknown contradicts nothing
    split.check(SCHEMA)


def test_roles_of_the_catalog():
    assert CATALOG["book_crossing"].tasks[1].requires == "rated"
    assert CATALOG["kuairand"].domain == "tab"
    assert len(CATALOG["ali_ccp"].entities) == 3
    # Only binary labels that a builder checks; these hold by construction.
    assert {
        (name, task.name)
        for name, schema in CATALOG.items()
        for task in schema.tasks
        if task.requires
    } == {
        ("ali_ccp", "purchase"),
        ("aliexpress", "conversion"),
        ("book_crossing", "satisfied"),
    }


def test_schemas_are_hashable():
    assert hash(SCHEMA) == hash(DatasetSchema.from_dict(SCHEMA.to_dict()))
    assert FieldSpec(name="seen", max_length=3) in SCHEMA.fields


def with_domain_field(**kwargs):
    field = FieldSpec(name="tab", **kwargs)
    fields = (*SCHEMA.fields[:4], field)
    return dataclasses.replace(SCHEMA, fields=fields)


def test_rows_have_the_domains_of_the_vocabulary():
    country = FieldSpec(name="country", vocabulary=("it", "fr"))
    fields = (country, *SCHEMA.fields)  # owns the first rows of the table
    schema = dataclasses.replace(SCHEMA, fields=fields)
    assert schema.lists_domains
    assert schema.domains.names == ("home", "search", "(others)")
    assert len(schema.domains) == toy_roles.NUM_DOMAINS
    rows = [
        {"user": 1, "seen": [2], "x": (0, 0), "item": 3, "tab": tab}
        for tab in ("search", "home", None, "page")
    ]
    rows = [{**row, "country": "it"} for row in rows]
    ids = schema.preprocessor(rows)["ids"]
    assert schema.domains.indices(ids).tolist() == [1, 0, 2, 2]
    # An id of another field's, which no row of raw values has there.
    ids[:2, -1] = (0, 16)
    assert schema.domains.indices(ids).tolist() == [2, 2, 2, 2]


def test_a_domain_may_have_the_name_of_all_others():
    schema = with_domain_field(vocabulary=("(others)", "home"))
    assert schema.domains.names == ("(others)", "home", "((others))")


@pytest.mark.parametrize(
    ("schema", "received"),
    [
        (SCHEMA.without_roles, "domain=None, vocabulary=None"),
        (with_domain_field(), "domain='tab', vocabulary=None"),
        (
            with_domain_field(kind="float", boundaries=(1.0,)),
            "domain='tab', vocabulary=None",
        ),
        (with_domain_field(vocabulary=()), r"domain='tab', vocabulary=\(\)"),
    ],
)
def test_a_field_that_lists_no_domains_is_named(schema, received):
    assert not schema.lists_domains
    with pytest.raises(ValueError, match=f"`domain` must name.*{received}"):
        _ = schema.domains
