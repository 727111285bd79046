"""What both kinds of data promise; rows stream in windows of two blocks."""

import collections
import functools

import numpy as np
import pytest
import row_data
import toy_data
from row_data import SCHEMA
from row_data import TEST
from row_data import TRAIN
from row_data import VALID
from row_data import flat
from row_data import make_split
from row_data import row_numbers

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import StreamedData
from mtnas_tf.data import streamed_data

KINDS = {
    "memory": MultiTaskData,
    "streamed": functools.partial(StreamedData, shuffle_window=9),
}


@pytest.fixture(params=KINDS)
def make_data(request, monkeypatch):
    monkeypatch.setattr(streamed_data, "BLOCK_ROWS", 4)
    return functools.partial(row_data.make_data, KINDS[request.param])


def test_an_epoch_is_a_permutation_without_the_rest(make_data):
    data = make_data()
    assert data.steps_per_epoch == 4
    dataset = data.train
    assert int(dataset.cardinality()) == 4
    batches = row_numbers(dataset)
    assert [len(batch) for batch in batches] == [5] * 4
    rows = flat(batches)
    assert len(set(rows)) == 20
    assert set(rows) <= set(TRAIN)
    assert rows != sorted(rows)


def test_a_batch_size_that_fits_uses_every_row(make_data):
    rows = flat(row_numbers(make_data(batch_size=23).train))
    assert sorted(rows) == list(TRAIN)


def test_epochs_differ_and_leave_out_other_rows(make_data):
    dataset = make_data().train
    epochs = [flat(row_numbers(dataset)) for _ in range(6)]
    assert len(set(map(tuple, epochs))) == 6
    assert set().union(*epochs) == set(TRAIN)


@pytest.mark.slow
def test_seek_reproduces_an_epoch(make_data):
    data = make_data()
    epochs = [row_numbers(data.train) for _ in range(4)]
    for epoch in (2, 0, 3):
        other = make_data()
        other.seek(epoch)
        assert row_numbers(other.train) == epochs[epoch]
        assert row_numbers(data.train) not in epochs


def test_seed_changes_the_order(make_data):
    first, again, other = (
        row_numbers(make_data(seed=seed).train) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_reward_batches_come_from_valid_alone(make_data):
    dataset = make_data().search
    assert int(dataset.cardinality()) == 4
    for _ in range(3):
        pairs = list(dataset)
        train = row_numbers(pair[0] for pair in pairs)
        reward = row_numbers(pair[1] for pair in pairs)
        assert len(set(flat(train))) == 20
        assert set(flat(train)) <= set(TRAIN)
        assert [len(batch) for batch in reward] == [6] * 4
        # 24 draws of 13 rows: each once before any comes again.
        counts = collections.Counter(flat(reward))
        assert set(counts) == set(VALID)
        assert set(flat(reward)[:13]) == set(VALID)
        assert max(counts.values()) == 2


def test_search_trains_in_the_order_of_train(make_data):
    train = row_numbers(make_data().train)
    search = row_numbers(pair[0] for pair in make_data().search)
    assert train == search


@pytest.mark.slow
def test_reward_batches_differ_between_epochs(make_data):
    data = make_data()
    data_again = make_data()
    rewards = [row_numbers(pair[1] for pair in data.search) for _ in range(3)]
    assert len({str(reward) for reward in rewards}) == 3
    data_again.seek(2)
    assert row_numbers(pair[1] for pair in data_again.search) == rewards[2]


def test_valid_and_test_keep_all_rows_in_order(make_data):
    data = make_data()
    assert flat(row_numbers(data.valid)) == list(VALID)
    assert flat(row_numbers(data.test)) == list(TEST)
    assert flat(row_numbers(data.valid)) == list(VALID)


def test_missing_labels_stay_nan():
    (_, labels), *_ = toy_data.make_data().valid
    assert np.isnan(labels["click"][0, 0])
    assert not np.isnan(labels["buy"]).any()


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"batch_size": 0}, r"`batch_size` must.*\[1, 23\].*batch_size=0"),
        ({"batch_size": 24}, r"`batch_size` must.*batch_size=24"),
        ({"reward_batch_size": 1}, "`reward_batch_size`.*batch_size=1"),
    ],
)
def test_wrong_argument_is_named(make_data, kwargs, message):
    with pytest.raises(ValueError, match=message):
        make_data(**kwargs)


@pytest.mark.parametrize("name", ["train", "valid", "test"])
def test_splits_are_checked(name):
    splits = {"train": TRAIN, "valid": VALID, "test": TEST}
    made = {key: make_split(rows) for key, rows in splits.items()}
    made["batch_size"] = 1
    with pytest.raises(ValueError, match=f"`{name}` must have rows"):
        MultiTaskData(SCHEMA, **(made | {name: make_split([])}))
    with pytest.raises(ValueError, match="`ids` must lie"):
        MultiTaskData(SCHEMA, **(made | {name: make_split([100])}))


def test_some_of_the_tasks():
    data = toy_data.make_data()
    data.seek(3)
    part = data.with_tasks(["buy"])
    assert part.schema.task_names == ("buy",)
    data.seek(0)  # the part's own epoch is another
    for split in ("train", "valid", "test"):
        pairs = zip(getattr(part, split), getattr(data, split), strict=True)
        for (x, y), (all_x, all_y) in pairs:
            assert list(y) == ["buy"]
            np.testing.assert_array_equal(y["buy"], all_y["buy"])
            np.testing.assert_array_equal(x["ids"], all_x["ids"])
    assert data.with_tasks(["buy", "click"]) is data


def test_one_task_may_have_another_name():
    data = toy_data.make_data()
    part = data.with_tasks(["buy"]).with_task_named("sale")
    assert part.schema.task_names == ("sale",)
    data.seek(3)  # the part's own epoch is another
    part.seek(3)
    for split in ("train", "valid", "test"):
        pairs = zip(getattr(part, split), getattr(data, split), strict=True)
        for (x, y), (all_x, all_y) in pairs:
            assert list(y) == ["sale"]
            np.testing.assert_array_equal(y["sale"], all_y["buy"])
            np.testing.assert_array_equal(x["ids"], all_x["ids"])
