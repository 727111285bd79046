import pickle

import numpy as np
import pytest
import toy_data

from mtnas_tf.data import EncodedStore
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import StreamedData
from mtnas_tf.data.stored_data import StoredData
from mtnas_tf.data.stored_data import stored

SIZES = {"batch_size": 5, "reward_batch_size": 3, "seed": 7}
DATA = toy_data.make_data(**SIZES)


def assert_same_batches(received, expected):
    for name in ("train", "valid", "test"):
        for epoch in (0, 2):
            received.seek(epoch)
            expected.seek(epoch)
            pairs = zip(
                getattr(received, name), getattr(expected, name), strict=True
            )
            for batches in pairs:
                (inputs, labels), (own_inputs, own_labels) = batches
                for key in own_inputs:
                    np.testing.assert_array_equal(inputs[key], own_inputs[key])
                for key in own_labels:
                    np.testing.assert_array_equal(labels[key], own_labels[key])


def test_what_is_opened_has_the_same_batches(tmp_path):
    found = StoredData.of(DATA, tmp_path / "store")
    sent = pickle.dumps(found)
    assert len(sent) < 1000
    opened = pickle.loads(sent).open()
    assert type(opened) is MultiTaskData
    assert opened.schema == DATA.schema
    assert opened.reward_batch_size == DATA.reward_batch_size
    assert_same_batches(opened, DATA)


@pytest.mark.slow
def test_rows_of_a_store_are_not_written_again(tmp_path):
    store = EncodedStore.write(
        tmp_path / "store", DATA.schema, DATA.splits.items()
    )
    streamed = StreamedData(
        store.schema, **store.splits, **SIZES, shuffle_window=16
    )
    found = StoredData.of(streamed, tmp_path / "other")
    assert found.path == str(tmp_path / "store")
    assert not (tmp_path / "other").exists()
    opened = found.open()
    assert type(opened) is StreamedData
    assert opened.shuffle_window == 16
    assert_same_batches(opened, streamed)


@pytest.mark.parametrize("change", ["tasks", "rows"])
def test_other_rows_of_a_store_are_written(tmp_path, change):
    store = EncodedStore.write(
        tmp_path / "store", DATA.schema, DATA.splits.items()
    )
    data = MultiTaskData(store.schema, **store.splits, **SIZES)
    if change == "tasks":
        data = data.with_tasks(["click"])
    else:
        data.splits["test"] = next(data.splits["test"].blocks(2))
    found = StoredData.of(data, tmp_path / "other")
    assert found.path == str(tmp_path / "other")
    opened = found.open()
    assert opened.schema == data.schema
    assert len(opened.splits["test"]) == len(data.splits["test"])


def test_stores_last_as_long_as_the_block(tmp_path):
    place = tmp_path / "new" / "folder"
    with stored({3: DATA, 4: DATA}, place) as found:
        assert list(found) == [3, 4]
        assert found[3].path != found[4].path
        assert found[4].path.startswith(str(place))
        assert_same_batches(found[4].open(), DATA)
    assert not list(place.iterdir())
    with pytest.raises(KeyError):
        with stored({0: DATA}) as found:
            raise KeyError
    with pytest.raises(FileNotFoundError):
        found[0].open()
