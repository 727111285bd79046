import pytest

from benchmarks import book_crossing
from benchmarks import workload_models
from benchmarks.workload import Workload

WORKLOAD = Workload(
    vocabulary=24, batch_size=4, num_examples=40, num_experts=2, units=3
)


def test_data_are_the_workload():
    data = workload_models.new_data(WORKLOAD)
    assert data.steps_per_epoch == 10
    assert data.schema.num_buckets == 24
    inputs, labels = next(iter(data.train))
    assert inputs["ids"].shape == (4, 12)
    assert list(labels) == ["a", "b"]


def test_a_width_that_does_not_exist(monkeypatch):
    monkeypatch.setattr(workload_models, "MAX_UNITS", 2)
    with pytest.raises(ValueError, match="must have a width with"):
        workload_models.matched_units("mmoe", WORKLOAD)


def test_data_that_are_not_prepared(monkeypatch, tmp_path):
    builder = book_crossing.tfds.builder("book_crossing", data_dir=tmp_path)
    monkeypatch.setattr(book_crossing.tfds, "builder", lambda name: builder)
    with pytest.raises(FileNotFoundError, match="no prepared book_crossing"):
        book_crossing.load()
