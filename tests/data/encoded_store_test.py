import json
import os
import pathlib
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import toy_data

from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import EncodedStore
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import Split
from mtnas_tf.data import TaskSpec
from mtnas_tf.data import encoded_store

SCHEMA = toy_data.SCHEMA
SPLITS = {
    name: toy_data.make_split(num_rows, seed=num_rows)
    for name, num_rows in (("train", 23), ("valid", 13), ("test", 5))
}
ROOT = pathlib.Path(__file__).parents[2]


def chunks(splits=SPLITS, num_rows=4):
    for name, split in splits.items():
        for block in split.blocks(num_rows):
            yield name, block


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "store"


@pytest.fixture
def written(path):
    EncodedStore.write(path, SCHEMA, chunks())
    return path


def arrays(split):
    return {**split.inputs, **split.labels}


def test_what_is_written_is_read(path):
    written = EncodedStore.write(path, SCHEMA, chunks())
    for store in (written, EncodedStore(str(path))):
        assert store.schema == SCHEMA
        assert list(store.splits) == list(SPLITS)
        for name, split in store.splits.items():
            split.check(SCHEMA)
            for key, array in arrays(split).items():
                assert isinstance(array, np.memmap)
                assert not array.flags.writeable
                expected = arrays(SPLITS[name])[key]
                assert array.dtype == expected.dtype
                np.testing.assert_array_equal(array, expected)
    assert [file.name for file in path.parent.iterdir()] == ["store"]


def test_files_are_plain_arrays(written):
    assert sorted(file.name for file in (written / "valid").iterdir()) == [
        "ids.npy",
        "label_click.npy",
        "label_stars.npy",
        "values.npy",
    ]
    ids = np.load(written / "valid" / "ids.npy")
    np.testing.assert_array_equal(ids, SPLITS["valid"].inputs["ids"])


def test_chunks_come_in_any_order(path):
    mixed = list(chunks())
    mixed = mixed[::2] + mixed[1::2]
    store = EncodedStore.write(path, SCHEMA, mixed)
    for name, split in store.splits.items():
        expected = Split.concatenate([part for n, part in mixed if n == name])
        for key, array in arrays(split).items():
            np.testing.assert_array_equal(array, arrays(expected)[key])


def test_a_task_of_any_name_has_a_file(path):
    schema = DatasetSchema(
        name="odd",
        fields=(FieldSpec(name="user"),),
        tasks=(TaskSpec(name="ids.npy"), TaskSpec(name="a/../b c")),
    )
    labels = {name: np.ones((3, 1), "float32") for name in schema.task_names}
    split = Split({"ids": np.zeros((3, 1), "int32")}, labels)
    splits = dict.fromkeys(SPLITS, split)
    store = EncodedStore.write(path, schema, chunks(splits))
    for name in schema.task_names:
        assert (store.splits["test"].labels[name] == 1).all()
    assert (store.splits["test"].inputs["ids"] == 0).all()


def test_an_error_leaves_nothing(path):
    def broken():
        yield from list(chunks())[:5]
        raise RuntimeError("no luck")

    with pytest.raises(RuntimeError, match="no luck"):
        EncodedStore.write(path, SCHEMA, broken())
    assert not list(path.parent.iterdir())


def test_a_wrong_chunk_leaves_nothing(path):
    bad = toy_data.make_split(3)
    bad.inputs["ids"][1, 2] = 11
    with pytest.raises(ValueError, match="`ids` must lie.*row 1, column 2"):
        EncodedStore.write(path, SCHEMA, [("train", bad)])
    assert not list(path.parent.iterdir())


def test_a_split_without_rows_is_refused(path):
    only = {"train": SPLITS["train"], "valid": SPLITS["valid"]}
    message = "`chunks` must have rows of every split.*'test': 0"
    with pytest.raises(ValueError, match=message):
        EncodedStore.write(path, SCHEMA, chunks(only))
    assert not list(path.parent.iterdir())


def test_a_killed_write_leaves_nothing_that_opens(tmp_path):
    """The process ends between two chunks, without any clean-up."""
    program = """
        import os, signal, sys
        import toy_data
        from mtnas_tf.data import EncodedStore

        def chunks():
            for name in ("train", "valid", "test"):
                yield name, toy_data.make_split(5)
            os.kill(os.getpid(), signal.SIGKILL)

        EncodedStore.write(sys.argv[1], toy_data.SCHEMA, chunks())
    """
    path = tmp_path / "store"
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(path)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        capture_output=True,
    )
    assert ended.returncode == -signal.SIGKILL
    (partial,) = tmp_path.iterdir()
    assert partial.name.startswith("store.partial-")
    for place in (path, partial):
        with pytest.raises(FileNotFoundError, match="`path` must be a store"):
            EncodedStore(place)
    EncodedStore.write(path, SCHEMA, chunks())  # is not in the way


def test_another_process_may_have_been_faster(path):
    def slow():
        yield from chunks()
        EncodedStore.write(path, SCHEMA, chunks(num_rows=100))

    store = EncodedStore.write(path, SCHEMA, slow())
    assert len(store.splits["train"]) == 23
    assert [file.name for file in path.parent.iterdir()] == ["store"]


def test_a_store_that_cannot_be_renamed(path, monkeypatch):
    def rename(self, target):
        raise OSError("no luck")

    monkeypatch.setattr(pathlib.Path, "rename", rename)
    with pytest.raises(OSError, match="no luck"):
        EncodedStore.write(path, SCHEMA, chunks())
    assert not list(path.parent.iterdir())


def test_a_store_is_never_overwritten(written):
    with pytest.raises(FileExistsError, match="`path` must not exist"):
        EncodedStore.write(written, SCHEMA, chunks())


def cut(file):
    file.write_bytes(file.read_bytes()[:-1])


def empty(file):
    file.write_bytes(b"")


def other_rows(file):
    np.save(file, np.load(file)[1:])


def other_type(file):
    np.save(file, np.load(file).astype("float64"))


@pytest.mark.parametrize(
    "damage", [cut, empty, other_rows, other_type, pathlib.Path.unlink]
)
@pytest.mark.parametrize("name", ["ids", "values", "label_stars"])
def test_a_damaged_array_is_named(written, damage, name):
    damage(written / "valid" / f"{name}.npy")
    message = rf"valid/{name}.npy is damaged .*Delete the store"
    with pytest.raises(ValueError, match=message):
        EncodedStore(written)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-5],
        lambda text: "[]",
        lambda text: "{}",
        lambda text: text.replace('"tasks"', '"taks"'),
        lambda text: text.replace('"valid"', '"val"'),
    ],
)
def test_a_damaged_schema_is_named(written, change):
    file = written / "schema.json"
    file.write_text(change(file.read_text()))
    with pytest.raises(ValueError, match=r"schema.json is damaged"):
        EncodedStore(written)


def test_another_version_is_refused(written):
    file = written / "schema.json"
    content = json.loads(file.read_text())
    version = encoded_store.FORMAT_VERSION
    file.write_text(json.dumps(content | {"format": version + 1}))
    message = rf"must be of format {version}. Received: {version + 1}"
    with pytest.raises(ValueError, match=message):
        EncodedStore(written)
