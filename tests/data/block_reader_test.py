import mmap

import numpy as np
import pytest
import toy_data

from mtnas_tf.data import EncodedStore
from mtnas_tf.data.block_reader import BlockReader

SPLIT = toy_data.make_split(11)


@pytest.fixture
def mapped(tmp_path):
    """The split as memory maps."""
    names = ("train", "valid", "test")
    chunks = [(name, SPLIT) for name in names]
    store = EncodedStore.write(tmp_path / "store", toy_data.SCHEMA, chunks)
    return store.splits["train"]


def test_rows_of_the_blocks_in_the_order_asked_for(mapped):
    rows = [8, 9, 10, 0, 1, 2, 3]  # the last block is short
    for split in (SPLIT, mapped):
        reader = BlockReader(split, 4)
        assert reader.num_blocks == 3
        inputs, labels = reader(np.array([2, 0]))
        expected = SPLIT.take(np.array(rows))
        for name, array in expected.inputs.items():
            np.testing.assert_array_equal(inputs[name], array)
        for name, array in expected.labels.items():
            np.testing.assert_array_equal(labels[name], array)


def test_pages_are_let_go(mapped, monkeypatch):
    resident = mapped.inputs["ids"].base
    assert isinstance(resident, mmap.mmap)
    calls = []
    monkeypatch.setattr(type(mapped), "let_go", lambda self: calls.append(1))
    reader = BlockReader(mapped, 4)
    reader(np.array([0, 1]))
    assert calls == [1]
    for _ in mapped.blocks(4):
        pass
    assert len(calls) == 4
