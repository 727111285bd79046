"""The section on streams, in this process and on few rows."""

import pathlib

import pytest

from benchmarks import harness
from benchmarks import stream
from benchmarks import stream_rows
from benchmarks.measurement import Measurement
from benchmarks.settings import Settings
from benchmarks.subjects import stream as subject

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


def test_figures(monkeypatch, tmp_path):
    speeds = {"streamed": 300.0, "in_memory": 600.0, "tfds": 3.0}

    def measure(subjects, rounds, log_dir, round_seconds):
        for each in subjects:
            store = pathlib.Path(each.config["directory"], "store")
            assert (store / "schema.json").exists()
        return [
            Measurement(
                each.name,
                rounds=[{"examples_per_second": speeds[each.name]}],
                peak_mb=700.0,
            )
            if each.name in speeds
            else Measurement(each.name, error="broken")
            for each in subjects
        ]

    monkeypatch.setattr(harness, "measure", measure)
    small = stream.Plan(num_rows=100, num_prefix_rows=2, shuffle_window=64)
    monkeypatch.setattr(stream, "FULL", small)
    results = stream.run(
        Settings(rounds=1, is_smoke=False, log_dir=tmp_path / "logs")
    )
    assert results["stream_over_tfds"]["ratio"] == 100
    assert results["stream_over_in_memory"]["ratio"] == 0.5
    assert results["stream_examples_per_second"]["streamed"] == {
        "speed": 300.0,
        "spread": [300.0, 300.0],
    }
    assert results["stream_examples_per_second"]["streamed_search"] is None
    assert results["stream_peak_mb"]["in_memory"] == 700
    assert results["rows"][1]["error"] == "broken"
    assert not list((tmp_path / "logs").iterdir())  # the rows are gone
