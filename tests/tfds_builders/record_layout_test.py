import numpy as np
import pytest

from tfds_builders import record_layout
from tfds_builders.record_layout import RecordLayout

BLOCKS = [
    {"id": np.arange(5, dtype=np.int32), "name": np.array(list("abcde"))},
    {"id": np.arange(5, 7, dtype=np.int32), "name": np.array(list("fg"))},
]


def layout(rows_per_record):
    return RecordLayout(name="some", rows_per_record=rows_per_record)


def test_rows():
    records = list(record_layout.records(BLOCKS, layout(1)))
    assert [key for key, _ in records] == list(range(7))
    assert records[0][1] == {"id": 0, "name": "a"}
    assert records[6][1] == {"id": 6, "name": "g"}


def test_chunks_end_with_their_block():
    records = list(record_layout.records(BLOCKS, layout(2)))
    assert [key for key, _ in records] == [0, 1, 2, 3]
    ids = [record["id"].tolist() for _, record in records]
    assert ids == [[0, 1], [2, 3], [4], [5, 6]]
    assert records[2][1]["name"].tolist() == ["e"]


@pytest.mark.parametrize("rows_per_record", [1, 2, 3, 7])
def test_number_of_records_of_one_block(rows_per_record):
    of_records = layout(rows_per_record)
    block = {"id": np.arange(7)}
    records = list(record_layout.records([block], of_records))
    assert record_layout.num_records(7, of_records) == len(records)


def test_an_empty_block_holds_no_records():
    empty = [{"id": np.zeros(0, np.int32)}]
    assert not list(record_layout.records(empty, layout(2)))


def test_features():
    dtypes = {"id": np.int64, "label": np.float32, "name": str}
    rows = record_layout.features(dtypes, layout(1))
    chunks = record_layout.features(dtypes, layout(3))
    assert list(rows) == list(chunks) == list(dtypes)
    for features, shape in ((rows, ()), (chunks, (None,))):
        assert {f.shape for f in features.values()} == {shape}
        assert features["id"].np_dtype == np.int64
        assert features["label"].np_dtype == np.float32
        assert features["name"].np_dtype == np.object_


def test_the_default_is_a_row_per_record():
    names = [item.name for item in record_layout.LAYOUTS]
    assert names == ["rows", "chunked"]
    assert [item.rows_per_record for item in record_layout.LAYOUTS] == [1, 1000]


@pytest.mark.parametrize("size", [0, -1])
def test_wrong_size_is_named(size):
    message = f"`rows_per_record` must be positive.*rows_per_record={size}"
    with pytest.raises(ValueError, match=message):
        layout(size)
