import numpy as np
import pytest
import tensorflow_datasets as tfds

from mtnas_tf.data import CATALOG
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import TaskSpec
from mtnas_tf.data import load
from mtnas_tf.data import pipeline
from mtnas_tf.data import records
from mtnas_tf.data.records import count_rows
from mtnas_tf.data.records import read_blocks

SCHEMA = DatasetSchema(
    name="toy",
    fields=(
        FieldSpec(name="user"),
        FieldSpec(name="age", kind="integer"),
        FieldSpec(name="x", kind="vector", size=2),
    ),
    tasks=(TaskSpec(name="click"), TaskSpec(name="buy")),
    num_buckets=1000,
)
NUM_ROWS = {"train": 23, "valid": 13, "test": 5}
CHUNK_ROWS = 6


def columns_of(split):
    rng = np.random.default_rng(len(split))
    count = NUM_ROWS[split]
    return {
        "user": [f"user {n} \N{SNOWMAN}" for n in rng.integers(0, 50, count)],
        "age": rng.integers(-1, 90, count).astype(np.int32),
        "x": rng.normal(size=(count, 2)).astype(np.float32),
        "click": rng.integers(0, 2, count).astype(np.float32),
        "buy": np.where(rng.random(count) < 0.5, np.nan, 1).astype(np.float32),
    }


class ToyBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """The same rows, one to a record or `CHUNK_ROWS`."""

    VERSION = tfds.core.Version("1.0.0")
    FEATURES = None
    STEP = 1

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(self.FEATURES)
        )

    def _split_generators(self, dl_manager):
        return {name: self._generate_examples(name) for name in NUM_ROWS}

    def _generate_examples(self, split):
        columns = columns_of(split)
        for start in range(0, NUM_ROWS[split], self.STEP):
            rows = slice(start, start + self.STEP)
            part = {name: values[rows] for name, values in columns.items()}
            yield start, self.example(part)

    def example(self, part):
        return part


class Rows(ToyBuilder):
    FEATURES = {
        "user": tfds.features.Text(),
        "age": np.int32,
        "x": tfds.features.Tensor(shape=(2,), dtype=np.float32),
        "click": np.float32,
        "buy": np.float32,
    }

    def example(self, part):
        return {name: values[0] for name, values in part.items()}


def tensor(dtype, *width, **kwargs):
    return tfds.features.Tensor(shape=(None, *width), dtype=dtype, **kwargs)


class Chunks(ToyBuilder):
    STEP = CHUNK_ROWS
    FEATURES = {
        "user": tfds.features.Sequence(tfds.features.Text()),
        "age": tensor(np.int32, encoding="bytes"),
        "x": tensor(np.float32, 2),
        "click": tfds.features.Sequence(np.float32),
        "buy": tensor(np.float32),
    }


class Uneven(Chunks):
    def example(self, part):
        return {**part, "click": part["click"][1:]}


class Mixed(Rows):
    FEATURES = {**Rows.FEATURES, "age": tensor(np.int32)}

    def example(self, part):
        return {**super().example(part), "age": part["age"]}


@pytest.fixture
def prepared(tmp_path):
    def prepare(kind):
        builder = kind(data_dir=tmp_path)
        builder.download_and_prepare()
        return builder

    return prepare


def in_order(columns):
    """Rows sorted: TFDS shuffles them when it writes."""
    order = np.argsort(columns["x"][:, 0])
    return {name: np.asarray(columns[name])[order] for name in columns}


@pytest.mark.parametrize("kind", [Rows, Chunks])
@pytest.mark.parametrize("block_rows", [1, 7, 1000])
def test_blocks_hold_all_rows(prepared, monkeypatch, kind, block_rows):
    monkeypatch.setattr(records, "BLOCK_ROWS", block_rows)
    monkeypatch.setattr(records, "RECORDS_PER_PARSE", 2)
    builder = prepared(kind)
    for split, num_rows in NUM_ROWS.items():
        blocks = list(read_blocks(builder, split, SCHEMA))
        sizes = [len(block["age"]) for block in blocks]
        assert sum(sizes) == num_rows
        step = 2 if kind is Rows else CHUNK_ROWS
        assert max(sizes) < block_rows + step
        assert all(size >= block_rows for size in sizes[:-1])
        found = in_order(
            {k: np.concatenate([b[k] for b in blocks]) for k in blocks[0]}
        )
        expected = in_order(columns_of(split))
        users = [user.encode() for user in expected.pop("user")]
        assert found.pop("user").tolist() == users
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values)


def test_rows_are_counted(prepared):
    rows, chunks = prepared(Rows), prepared(Chunks)
    for split, num_rows in NUM_ROWS.items():
        assert count_rows(rows, split, SCHEMA) == num_rows
        count = count_rows(chunks, split, SCHEMA)
        num_records = -(-num_rows // CHUNK_ROWS)
        assert count % num_records == 0
        assert count <= num_records * CHUNK_ROWS


@pytest.mark.parametrize("storage", ["memory", "disk"])
def test_chunks_load_like_rows(prepared, monkeypatch, storage):
    monkeypatch.setitem(CATALOG, "toy", SCHEMA)
    loaded = {}
    for kind in (Rows, Chunks):
        builder = prepared(kind)
        monkeypatch.setattr(
            pipeline, "prepare", lambda name, data_dir, b=builder: b
        )
        loaded[kind] = load("toy", storage=storage, batch_size=5)
    assert loaded[Chunks].schema.fields[2].size == 2
    for split in NUM_ROWS:
        ours, theirs = (data.splits[split] for data in loaded.values())
        by_row = [
            split.take(np.argsort(split.inputs["values"][:, 0]))
            for split in (ours, theirs)
        ]
        for part in ("inputs", "labels"):
            one, other = (getattr(rows, part) for rows in by_row)
            for name in one:
                np.testing.assert_array_equal(one[name], other[name])


def test_a_record_of_unequal_columns_is_named(prepared):
    message = "Record 0 of split 'valid' must hold the same.*'click': 5"
    with pytest.raises(ValueError, match=message):
        list(read_blocks(prepared(Uneven), "valid", SCHEMA))


def test_features_of_both_kinds_are_refused(prepared):
    message = r"Features must hold one row.*'age': \(None,\)"
    with pytest.raises(ValueError, match=message):
        list(read_blocks(prepared(Mixed), "valid", SCHEMA))
