import pathlib
from collections import Counter

import numpy as np
import pytest

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import TaskSpec
from mtnas_tf.data import load
from mtnas_tf.data import prepare
from mtnas_tf.data.vocabulary import with_vocabularies
from mtnas_tf.data.vocabulary import with_vocabulary
from tfds_builders.book_crossing import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
SCHEMA = DatasetSchema(
    name="toy",
    fields=(
        FieldSpec(name="user"),
        FieldSpec(name="x", kind="vector", size=2),
        FieldSpec(name="age", kind="integer"),
    ),
    tasks=(TaskSpec(name="click"),),
    num_buckets=100,
)
BLOCKS = [
    {"user": np.array([b"a", b"b", b"a"], object), "age": np.array([3, 4, 3])},
    {"user": np.array([b"c", b"b", b"a"], object), "age": np.array([3, -1, 5])},
]


def test_frequent_values_of_all_blocks():
    schema = with_vocabularies(SCHEMA, BLOCKS, 2)
    user, x, age = schema.fields
    assert (user.vocabulary, age.vocabulary) == (("a", "b"), ("3",))
    assert x == SCHEMA.fields[1]
    # Each has a row for the others, and nothing is hashed.
    assert schema.num_buckets == 3 + 2 + 1
    x = [[0.0, 1.0]] * 4
    users, ages = ["b", "a", "c", None], [3, 4, None, "3"]
    arrays = schema.preprocessor({"user": users, "age": ages, "x": x})
    assert arrays["ids"].tolist() == [[1, 3], [0, 4], [2, 4], [2, 3]]


def test_a_vocabulary_counts_what_other_fields_hold_of_it():
    fields = (
        FieldSpec(name="user"),
        FieldSpec(name="friends", max_length=2, rows_of="user"),
    )
    schema = DatasetSchema(
        name="toy", fields=fields, tasks=SCHEMA.tasks, num_buckets=100
    )
    block = {"user": ["a", "b", "c"], "friends": ["c", "c|b", "d"]}
    found = with_vocabularies(schema, [block], 2)
    assert found.fields[0].vocabulary == ("c", "b")
    assert found.fields[1] == fields[1]
    assert found.num_buckets == 3 + 1  # nothing is hashed
    ids = found.preprocessor(block)["ids"]
    assert ids.tolist() == [[2, 0, -1], [1, 0, 1], [0, 2, -1]]


def test_a_table_for_what_stays_hashed():
    fields = (
        *SCHEMA.fields,
        FieldSpec(name="p", kind="float", boundaries=(1,)),
    )
    schema = DatasetSchema(
        name="toy", fields=fields, tasks=SCHEMA.tasks, num_buckets=100
    )
    blocks = [{**block, "p": np.zeros(3)} for block in BLOCKS]
    found = with_vocabularies(schema, blocks, 1)
    assert found.num_buckets == (3 + 1) + (4 + 1) + 100
    assert found.fields[3] == fields[3]


def test_wrong_min_count_is_named():
    with pytest.raises(ValueError, match="`min_count` must be positive.*=0"):
        with_vocabulary(SCHEMA.fields[0], Counter(), 0)


@pytest.mark.parametrize("split_seed", [0, 3])
@pytest.mark.parametrize("storage", ["memory", "disk"])
def test_a_data_set_counts_its_training_rows(tmp_path, split_seed, storage):
    prepare("book_crossing", DUMMY_DATA, tmp_path)
    kwargs = {"batch_size": 2, "split_seed": split_seed, "storage": storage}
    hashed = load("book_crossing", data_dir=tmp_path, **kwargs)
    data = load("book_crossing", data_dir=tmp_path, min_count=2, **kwargs)
    names = [field.name for field in data.schema.fields]
    for name in ("user_id", "isbn"):
        column = names.index(name)
        rows = data.splits["train"].inputs["ids"][:, column]
        values = hashed.splits["train"].inputs["ids"][:, column]
        field = data.schema.fields[column]
        counts = Counter(values.tolist())
        frequent = [n for n in counts.values() if n >= 2]
        assert len(field.vocabulary) == len(frequent)
        # A row for each frequent value, one for all others.
        earlier = data.schema.fields[:column]
        others = sum(len(f.vocabulary) + 1 for f in earlier)
        others += len(field.vocabulary)
        for value, count in counts.items():
            (row,) = set(rows[values == value].tolist())
            assert (row == others) == (count < 2)
