import numpy as np
import pytest
import toy_data
from row_data import TEST
from row_data import TRAIN
from row_data import VALID
from row_data import flat
from row_data import make_data
from row_data import row_numbers

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import StreamedData
from mtnas_tf.data import streamed_data

BLOCK_ROWS = 4
SPLITS = ("train", "valid", "test")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(streamed_data, "BLOCK_ROWS", BLOCK_ROWS)
    monkeypatch.setattr(streamed_data, "EVALUATION_BATCH_SIZE", 3)


def toy_kind(kind, **kwargs):
    splits = toy_data.make_data().splits
    return kind(toy_data.BINARY_SCHEMA, **splits, **kwargs)


@pytest.mark.slow
@pytest.mark.parametrize("window", [24, 1000])
@pytest.mark.parametrize("seed", [0, -5])
def test_a_window_of_all_rows_gives_the_batches_of_memory(window, seed):
    streamed = make_data(StreamedData, seed=seed, shuffle_window=window)
    memory = make_data(MultiTaskData, seed=seed)
    ours, theirs = streamed.train, memory.train
    for _ in range(3):
        assert row_numbers(ours) == row_numbers(theirs)
    ours, theirs = streamed.search, memory.search
    for _ in range(2):
        pairs, expected = list(ours), list(theirs)
        for part in (0, 1):
            assert row_numbers(pair[part] for pair in pairs) == row_numbers(
                pair[part] for pair in expected
            )


@pytest.mark.slow
def test_batches_have_the_form_of_those_of_memory():
    streamed, memory = (
        toy_kind(kind, batch_size=5) for kind in (StreamedData, MultiTaskData)
    )
    for name in (*SPLITS, "search"):
        ours, theirs = getattr(streamed, name), getattr(memory, name)
        assert ours.element_spec == theirs.element_spec
        assert ours.options() == theirs.options()
    assert int(streamed.valid.cardinality()) == 5  # of 3 rows each


@pytest.mark.parametrize("window", [1, 4, 8, 9, 16])
def test_every_row_comes_once_a_pass(window):
    data = make_data(StreamedData, batch_size=23, shuffle_window=window)
    dataset = data.train
    epochs = [flat(row_numbers(dataset)) for _ in range(5)]
    assert all(sorted(rows) == list(TRAIN) for rows in epochs)
    assert len(set(map(tuple, epochs))) == 5


@pytest.mark.slow
def test_a_window_mixes_its_blocks_and_no_others():
    data = make_data(StreamedData, batch_size=1, shuffle_window=8)
    dataset = data.train
    partners = set()
    for _ in range(20):
        rows = flat(row_numbers(dataset))
        start = 0
        while start < len(rows):
            blocks = {row // BLOCK_ROWS for row in rows[start : start + 7]}
            assert len(blocks) == 2
            partners.add(frozenset(blocks))
            # The last block has but three rows.
            start += 7 if 5 in blocks else 8
    assert len(partners) > 10  # of the 15 pairs of six blocks


@pytest.mark.slow
def test_rows_within_a_window_are_shuffled():
    data = make_data(StreamedData, batch_size=1, shuffle_window=4)
    dataset = data.train
    for _ in range(5):
        rows = flat(row_numbers(dataset))
        inside = [r for r in rows if r // BLOCK_ROWS == rows[0] // BLOCK_ROWS]
        assert rows[: len(inside)] == inside  # a block is a window
    orders = {
        tuple(r for r in flat(row_numbers(dataset)) if r < BLOCK_ROWS)
        for _ in range(10)
    }
    assert len(orders) > 4


def test_valid_and_test_are_cut_across_blocks():
    data = make_data(StreamedData)
    assert row_numbers(data.valid) == [
        list(VALID)[start : start + 3] for start in range(0, len(VALID), 3)
    ]
    assert flat(row_numbers(data.test)) == list(TEST)


def test_labels_of_some_tasks_stream_as_well():
    whole = toy_kind(StreamedData, batch_size=5, shuffle_window=8)
    part = whole.with_tasks(["click"])
    assert isinstance(part, StreamedData)
    for (x, y), (all_x, all_y) in zip(part.train, whole.train, strict=True):
        assert list(y) == ["click"]
        for ours, theirs in (
            (y["click"], all_y["click"]),
            (x["ids"], all_x["ids"]),
            (x["values"], all_x["values"]),
        ):
            np.testing.assert_array_equal(ours, theirs)


def test_wrong_window_is_named():
    message = "`shuffle_window` must be positive.*shuffle_window=0"
    with pytest.raises(ValueError, match=message):
        make_data(StreamedData, shuffle_window=0)
