"""The section on streams, in this process and on few rows."""

import pytest

from benchmarks.stream import read_subject as subject
from benchmarks.stream import rows as stream_rows
from benchmarks.stream import section as stream

NUM_ROWS = 1000


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows")
    stream_rows.write(path, num_rows=NUM_ROWS, num_prefix_rows=50)
    return path


def test_rows_are_those_of_the_schema(directory):
    store = stream_rows.open_store(directory)
    sizes = {name: len(split) for name, split in store.splits.items()}
    assert sizes == {"train": 800, "valid": 100, "test": 100}
    assert store.schema == stream_rows.SCHEMA
    records = list(stream_rows.open_records(directory).as_numpy_iterator())
    assert len(records) == 50
    names = [field.name for field in stream_rows.SCHEMA.fields]
    assert set(records[0]) == {*names, *stream_rows.TASKS}


@pytest.mark.parametrize("kind", stream.NAMES)
def test_a_round_draws_an_epoch(directory, kind):
    measure = subject.build(
        {
            "kind": kind,
            "directory": str(directory),
            "batch_size": 32,
            "shuffle_window": 256,
        }
    )
    figures = measure()
    assert figures["steps"] == (1 if kind == "tfds" else 25)
    assert figures["examples_per_second"] == pytest.approx(
        figures["steps"] * 32 / figures["seconds"]
    )
