import numpy as np
import pytest
from row_data import TEST
from row_data import TRAIN
from row_data import VALID
from row_data import make_split

from mtnas_tf.data import Split
from mtnas_tf.data import dealing
from mtnas_tf.data.dealing import deal
from mtnas_tf.data.dealing import deal_blocks

SPLITS = {
    "train": make_split(TRAIN),
    "valid": make_split(VALID),
    "test": make_split(TEST),
}


def rows_of(split):
    assert (split.inputs["ids"] == split.labels["stars"]).all()
    return split.inputs["ids"][:, 0].tolist()


def dealt_blocks(seed):
    """Split's name -> its rows, in order."""
    found = {name: [] for name in SPLITS}
    for name, block in deal_blocks(SPLITS, seed):
        found[name].append(block)
    return {k: rows_of(Split.concatenate(v)) for k, v in found.items()}


def test_rows_are_dealt_once_over_the_same_sizes():
    dealt = [rows_of(split) for split in deal(list(SPLITS.values()), 1)]
    assert [len(rows) for rows in dealt] == [23, 13, 5]
    assert sorted(sum(dealt, [])) == [*TRAIN, *VALID, *TEST]
    again = [rows_of(split) for split in deal(list(SPLITS.values()), 1)]
    other = [rows_of(split) for split in deal(list(SPLITS.values()), 2)]
    assert dealt == again != other


@pytest.mark.parametrize("block_rows", [4, 100])
@pytest.mark.parametrize("seed", [1, 7])
def test_blocks_get_the_same_rows_and_keep_their_order(
    monkeypatch, block_rows, seed
):
    monkeypatch.setattr(dealing, "BLOCK_ROWS", block_rows)
    expected = deal(list(SPLITS.values()), seed)
    for (_, rows), split in zip(
        dealt_blocks(seed).items(), expected, strict=True
    ):
        assert rows == sorted(rows_of(split))
        assert rows != rows_of(split) or len(np.unique(rows)) == 1
