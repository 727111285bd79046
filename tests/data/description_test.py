import pathlib

import numpy as np
import pytest

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import RowSplit
from mtnas_tf.data import TaskSpec
from mtnas_tf.data import describe
from mtnas_tf.data import describe_table
from mtnas_tf.data import description
from mtnas_tf.data import prepare
from mtnas_tf.experiment.verbs.describe import markdown_page
from tfds_builders.book_crossing import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
SCHEMA = DatasetSchema(
    name="toy",
    fields=(
        FieldSpec(name="user"),
        FieldSpec(name="age", kind="integer"),
        FieldSpec(name="x", kind="vector", size=2),
    ),
    tasks=(
        TaskSpec(name="click"),
        TaskSpec(name="buy"),
        TaskSpec(name="never"),
    ),
    num_buckets=1_000_000,
)
NAN = np.nan
COLUMNS = {
    "train": {
        "user": np.array([b"ann", b"bob", b"", b"bob"], object),
        "age": np.array([30, -1, -1, 40]),
        "x": np.zeros((4, 2), np.float32),
        "click": np.array([1, 0, 0, NAN], np.float32),
        "buy": np.array([1, 0, 1, 1], np.float32),
        "never": np.full(4, NAN, np.float32),
    },
    "valid": {
        "user": np.array([b"eve"], object),
        "age": np.array([30]),
        "x": np.zeros((1, 2), np.float32),
        "click": np.array([1], np.float32),
        "buy": np.array([1], np.float32),
        "never": np.array([0], np.float32),
    },
}
COLUMNS["test"] = COLUMNS["valid"]


def blocks(split):
    """Rows one by one: what is counted spans blocks."""
    for row in range(len(COLUMNS[split]["age"])):
        yield {k: v[row : row + 1] for k, v in COLUMNS[split].items()}


@pytest.fixture
def toy(monkeypatch):
    for name, stand_in in (
        ("schema_of", lambda name: SCHEMA),
        ("prepare", lambda name, data_dir: None),
        ("read_blocks", lambda builder, split, schema: blocks(split)),
    ):
        monkeypatch.setattr(description, name, stand_in)


def test_counts_of_all_splits(toy):
    page = describe("toy")
    assert page["rows"] == {"train": 4, "valid": 1, "test": 1}
    assert page["tasks"]["click"] == pytest.approx(
        {"mean": 3 / 5, "missing": 1 / 6}
    )
    assert page["tasks"]["buy"] == pytest.approx(
        {"mean": 5 / 6, "missing": 0.0}
    )
    assert page["fields"] == {
        "user": {
            "kind": "string",
            "values": 3,
            "missing": 1 / 6,
            "collisions": 0.0,
        },
        "age": {
            "kind": "integer",
            "values": 2,
            "missing": 2 / 6,
            "collisions": 0.0,
        },
    }


def test_correlations_are_of_rows_with_both_labels(toy):
    found = {
        tuple(pair["tasks"]): pair["pearson"]
        for pair in describe("toy")["correlations"]
    }
    expected = np.corrcoef([1, 0, 0, 1, 1], [1, 0, 1, 1, 1])[0, 1]
    assert found["click", "buy"] == pytest.approx(expected)
    assert np.isnan(found["click", "never"])  # constant where both are known
    assert len(found) == 3


def test_collisions_are_of_values_that_share_a_row(toy):
    page = describe("toy", num_buckets=1)
    assert [f["collisions"] for f in page["fields"].values()] == [1.0, 1.0]
    page = describe("toy", num_buckets=7)
    ids = {
        name: [
            SCHEMA.__class__(
                name="toy",
                fields=(field,),
                tasks=SCHEMA.tasks,
                num_buckets=7,
            )
            .preprocessor({name: [value]})["ids"]
            .item()
            for value in values
        ]
        for field, (name, values) in zip(
            SCHEMA.fields,
            {"user": ["ann", "bob", "", "eve"], "age": [30, -1, 40]}.items(),
            strict=False,
        )
    }
    every = [*ids["user"], *ids["age"]]
    assert 0 < len(set(every)) < 7
    for name, own in ids.items():
        shared = np.mean([every.count(row) > 1 for row in own])
        assert page["fields"][name]["collisions"] == pytest.approx(shared)


def test_a_prepared_data_set(tmp_path):
    prepare("book_crossing", DUMMY_DATA, tmp_path)
    page = describe("book_crossing", tmp_path)
    assert page["name"] == "book_crossing"
    assert sum(page["rows"].values()) == 12
    files = parsing.read_files(DUMMY_DATA)
    ratings = parsing.parse_ratings(files[parsing.RATINGS])
    labels = [[r > 0 for *_, r in ratings], [r == 10 for *_, r in ratings]]
    (pair,) = page["correlations"]
    assert pair["pearson"] == pytest.approx(np.corrcoef(labels)[0, 1])
    assert page["fields"]["user_id"]["values"] == len(
        {user for user, *_ in ratings}
    )
    assert page["fields"]["isbn"]["missing"] == 0


def test_page(toy):
    page = describe("toy", num_buckets=1)
    text = markdown_page(page)
    lines = text.split("\n")
    assert lines[0] == "# toy"
    assert "Rows: train 4, valid 1, test 1. Table: 1 rows." in lines
    assert "| buy | 0.8333 | 0.0000 |" in lines
    assert "| user | string | 3 | 0.1667 | 1.0000 |" in lines
    pearson = page["correlations"][0]["pearson"]
    assert f"| click & buy | {pearson:.3f} |" in lines


def test_a_table_of_ones_own(tmp_path, monkeypatch):
    rows = [
        ("ann", "a|b", 1, 0.5, 1),
        ("bob", "b", 2, 1.5, 0),
        ("", "", 2, 2.5, ""),
        ("bob", "a", "", 3.5, 1),
    ]
    lines = [",".join(map(str, row)) for row in rows * 30]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["user,tags,age,price,click", *lines]) + "\n")
    with monkeypatch.context() as patch:
        deal, dealt = RowSplit.deal, []

        def counted(*arguments):
            dealt.append(arguments)
            return deal(*arguments)

        patch.setattr(RowSplit, "deal", counted)
        page = describe_table(path, ["click"])
    assert len(dealt) == 1
    assert sum(page["rows"].values()) == 120
    assert page["tasks"]["click"] == pytest.approx(
        {"mean": 2 / 3, "missing": 0.25}
    )
    fields = page["fields"]
    assert {name: f["values"] for name, f in fields.items()} == {
        "user": 2,
        "tags": 2,
        "age": 2,
        "price": 4,
    }
    assert {name: f["missing"] for name, f in fields.items()} == {
        "user": 0.25,
        "tags": 0.25,
        "age": 0.25,
        "price": 0.0,
    }
    assert "| tags | string | 2 |" in markdown_page(page)


def test_values_that_fields_share_do_not_collide(tmp_path):
    schema = DatasetSchema(
        name="toy",
        fields=(
            FieldSpec(name="user"),
            FieldSpec(name="friends", max_length=2, rows_of="user"),
        ),
        tasks=(TaskSpec(name="click"),),
    )
    rows = [f"{user},b|a,{i % 2}" for i, user in enumerate("abcd" * 5)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["user,friends,click", *rows]) + "\n")
    fields = describe_table(path, schema=schema)["fields"]
    assert [field["values"] for field in fields.values()] == [4, 2]
    assert [field["collisions"] for field in fields.values()] == [0, 0]


def test_values_of_vocabularies_have_rows_of_their_own(tmp_path):
    schema = DatasetSchema(
        name="toy",
        fields=(
            FieldSpec(name="user", vocabulary=("a", "b")),
            FieldSpec(name="tab", vocabulary=("home",)),
        ),
        tasks=(TaskSpec(name="click"),),
    )
    tabs = ("home", "x")
    rows = [f"{u},{tabs[i % 2]},{i % 2}" for i, u in enumerate("abcd" * 5)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["user,tab,click", *rows]) + "\n")
    fields = describe_table(path, schema=schema)["fields"]
    # c and d are not listed, and share the row of the others.
    assert fields["user"]["collisions"] == 0.5
    assert fields["tab"]["collisions"] == 0
