import functools

import numpy as np
import pytest
import tensorflow_datasets as tfds

import mtnas_tf as mt
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import StreamedData
from mtnas_tf.data import encoded_splits
from mtnas_tf.data import load
from mtnas_tf.data import pipeline
from mtnas_tf.data import prepare
from mtnas_tf.data.dealing import Dealing
from tfds_builders.synthetic_mtl import synthetic_mtl_dataset_builder

CONFIG = synthetic_mtl_dataset_builder.SyntheticMtlConfig(
    name="tiny", num_rows=40, num_features=3, seed=2
)
SPLITS = ("train", "valid", "test")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """Where the synthetic data lies, for now a small variant of it."""
    small = functools.partial(tfds.builder, config=CONFIG)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tfds, "builder", small)
        yield tmp_path_factory.mktemp("tfds")


def load_tiny(data_dir, **kwargs):
    return load("synthetic_mtl", data_dir=data_dir, batch_size=8, **kwargs)


def rows_of(data, split):
    arrays = data.splits[split]
    return np.concatenate(
        [arrays.inputs["values"], *arrays.labels.values()], axis=1
    )


def test_splits_hold_the_records(data_dir):
    data = load_tiny(data_dir)
    assert [len(data.splits[name]) for name in SPLITS] == [32, 4, 4]
    assert data.schema.fields[0].size == 3  # the data's, not the catalog's
    builder = prepare("synthetic_mtl", data_dir=data_dir)
    for split in SPLITS:
        records = tfds.as_numpy(builder.as_dataset(split=split))
        expected = [[*r["x"], r["task_0"], r["task_1"]] for r in records]
        np.testing.assert_array_equal(
            np.sort(rows_of(data, split), axis=0), np.sort(expected, axis=0)
        )


def test_split_seed_deals_all_rows_anew(data_dir):
    own, first, again, other = (
        load_tiny(data_dir, split_seed=seed) for seed in (0, 1, 1, 2)
    )
    everything = np.concatenate([rows_of(own, name) for name in SPLITS])
    for data in (first, other):
        assert [len(data.splits[name]) for name in SPLITS] == [32, 4, 4]
        dealt = np.concatenate([rows_of(data, name) for name in SPLITS])
        assert len(np.unique(dealt, axis=0)) == 40  # disjoint
        np.testing.assert_array_equal(
            np.unique(dealt, axis=0), np.unique(everything, axis=0)
        )
    for name in SPLITS:
        np.testing.assert_array_equal(
            rows_of(first, name), rows_of(again, name)
        )
    tests = [rows_of(data, "test").tolist() for data in (own, first, other)]
    assert tests[0] != tests[1] != tests[2] != tests[0]


def test_arguments_reach_the_data(data_dir):
    data = mt.data.load(
        "synthetic_mtl",
        data_dir=data_dir,
        batch_size=7,
        reward_batch_size=3,
        num_buckets=5,
        seed=9,
        storage="disk",
        shuffle_window=50,
    )
    assert data.shuffle_window == 50
    assert (data.batch_size, data.reward_batch_size, data.seed) == (7, 3, 9)
    assert data.schema.num_buckets == 5
    (inputs, labels), *_ = data.train
    assert inputs["values"].shape == (7, 3)
    assert labels["task_0"].shape == (7, 1)


def test_rows_on_disk_are_those_in_memory(data_dir):
    memory = load_tiny(data_dir, storage="memory", seed=4)
    disk = load_tiny(data_dir, storage="disk", seed=4)
    assert isinstance(disk, StreamedData)
    assert disk.schema == memory.schema
    for name in SPLITS:
        assert isinstance(disk.splits[name].inputs["values"], np.memmap)
        np.testing.assert_array_equal(
            rows_of(disk, name), rows_of(memory, name)
        )
    for (x, _), (y, _) in zip(disk.train, memory.train, strict=True):
        np.testing.assert_array_equal(x["values"], y["values"])


def test_split_seed_deals_the_same_rows_on_disk(data_dir):
    memory = load_tiny(data_dir, split_seed=3)
    disk = load_tiny(data_dir, split_seed=3, storage="disk")
    for name in SPLITS:
        np.testing.assert_array_equal(
            np.sort(rows_of(disk, name), axis=0),
            np.sort(rows_of(memory, name), axis=0),
        )


@pytest.mark.parametrize("storage", ["memory", "disk"])
def test_a_hold_out_stays_out_of_every_split(data_dir, storage):
    def load_held(seed, reads_holdout):
        return load_tiny(
            data_dir,
            split_seed=seed,
            holdout=0.25,
            reads_holdout=reads_holdout,
            storage=storage,
        )

    looks = [load_held(seed, True) for seed in (0, 3, 4)]
    held = np.unique(rows_of(looks[0], "test"), axis=0)
    assert len(held) == 10  # of 40
    for seed, last in zip((0, 3, 4), looks, strict=True):
        np.testing.assert_array_equal(
            np.unique(rows_of(last, "test"), axis=0), held
        )
        before = load_held(seed, False)
        for name in SPLITS[:2]:  # the same networks are trained and chosen
            np.testing.assert_array_equal(
                rows_of(before, name), rows_of(last, name)
            )
        dealt = np.concatenate([rows_of(before, name) for name in SPLITS])
        assert len(dealt) == 30
        assert len(np.unique(np.concatenate([dealt, held]), axis=0)) == 40


def test_no_vocabulary_sees_the_hold_out(data_dir):
    builder = prepare("synthetic_mtl", data_dir=data_dir)
    schema = load_tiny(data_dir).schema
    for dealing in (Dealing(0, 0.25), Dealing(3, 0.25, True)):
        blocks = list(encoded_splits.training_blocks(builder, schema, dealing))
        x = np.concatenate([block["x"] for block in blocks])
        data = load_tiny(
            data_dir,
            split_seed=dealing.seed,
            holdout=dealing.holdout,
            reads_holdout=dealing.reads_holdout,
        )
        expected = data.splits["train"].inputs["values"]
        np.testing.assert_array_equal(
            np.sort(x, axis=0), np.sort(expected, axis=0)
        )


def test_a_store_is_used_again_for_its_schema_alone(data_dir, monkeypatch):
    for seed in (0, 5):
        load_tiny(data_dir, storage="disk", split_seed=seed)
    read = []
    whole = encoded_splits.read_blocks

    def read_blocks(builder, split, schema):
        read.append(split)
        return whole(builder, split, schema)

    monkeypatch.setattr(encoded_splits, "read_blocks", read_blocks)
    for seed in (0, 5):
        load_tiny(data_dir, storage="disk", split_seed=seed)
    assert not read
    load_tiny(data_dir, storage="disk", split_seed=6)  # dealt from that of 0
    assert not read
    load_tiny(data_dir, storage="disk", num_buckets=9)
    assert read == list(SPLITS)
    builder = prepare("synthetic_mtl", data_dir=data_dir)
    stores = sorted(data_dir.glob("**/encoded/*/*"))
    names = {path.name for path in stores}
    assert {"split_0", "split_5", "split_6"} <= names
    assert all(path.is_relative_to(builder.data_dir) for path in stores)


@pytest.mark.parametrize(
    ("memory", "kind"),
    [
        # 40 rows of 3 floats and 2 labels are 800 bytes.
        (3200, MultiTaskData),
        (3199, StreamedData),
    ],
)
def test_auto_looks_at_the_memory(data_dir, monkeypatch, memory, kind):
    monkeypatch.setattr(pipeline, "machine_memory", lambda: memory)
    assert type(load_tiny(data_dir)) is kind
    assert type(load_tiny(data_dir, storage="memory")) is MultiTaskData


def test_unknown_storage_is_named():
    message = r"`storage` must be one of \('auto'.*storage='tape'"
    with pytest.raises(ValueError, match=message):
        load("synthetic_mtl", storage="tape")


@pytest.mark.parametrize("call", [load, prepare])
def test_unknown_name_lists_the_known(call):
    message = "`name` must be one of.*'synthetic_mtl'.*name='movielens'"
    with pytest.raises(ValueError, match=message):
        call("movielens")


def test_negative_split_seed_is_named():
    with pytest.raises(ValueError, match="`split_seed` must not.*-1"):
        load("synthetic_mtl", split_seed=-1)
