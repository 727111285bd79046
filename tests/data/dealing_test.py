import numpy as np
import pytest
from row_data import TEST
from row_data import TRAIN
from row_data import VALID
from row_data import make_split

from mtnas_tf.data import Split
from mtnas_tf.data import dealing as dealing_module
from mtnas_tf.data.dealing import Dealing
from mtnas_tf.data.dealing import deal
from mtnas_tf.data.dealing import deal_blocks
from mtnas_tf.data.dealing import held_out

SPLITS = {
    "train": make_split(TRAIN),
    "valid": make_split(VALID),
    "test": make_split(TEST),
}


def rows_of(split):
    assert (split.inputs["ids"] == split.labels["stars"]).all()
    return split.inputs["ids"][:, 0].tolist()


def dealt_blocks(dealing):
    """Split's name -> its rows, in order."""
    found = {name: [] for name in SPLITS}
    for name, block in deal_blocks(SPLITS, dealing):
        found[name].append(block)
    return {k: rows_of(Split.concatenate(v)) for k, v in found.items()}


def test_rows_are_dealt_once_over_the_same_sizes():
    dealt, again, other = (
        [rows_of(part) for part in deal(list(SPLITS.values()), Dealing(seed))]
        for seed in (1, 1, 2)
    )
    assert [len(rows) for rows in dealt] == [23, 13, 5]
    assert sorted(sum(dealt, [])) == [*TRAIN, *VALID, *TEST]
    assert dealt == again != other


@pytest.mark.parametrize("block_rows", [4, 100])
@pytest.mark.parametrize(
    "dealing", [Dealing(1), Dealing(7), Dealing(7, 0.2), Dealing(7, 0.2, True)]
)
def test_blocks_get_the_same_rows_and_keep_their_order(
    monkeypatch, block_rows, dealing
):
    monkeypatch.setattr(dealing_module, "BLOCK_ROWS", block_rows)
    expected = deal(list(SPLITS.values()), dealing)
    for (name, rows), split in zip(
        dealt_blocks(dealing).items(), expected, strict=True
    ):
        assert rows == sorted(rows_of(split))
        is_shuffled = name != "test" or not dealing.reads_holdout
        assert (rows != rows_of(split)) == is_shuffled


ALL_ROWS = [*TRAIN, *VALID, *TEST]


def test_a_hold_out_is_the_same_whatever_is_dealt():
    held = [ALL_ROWS[number] for number in held_out(len(ALL_ROWS), 0.2)]
    assert len(held) == 8  # of 41
    for seed in (0, 1, 2):
        train, valid, test = map(rows_of, deal_all(Dealing(seed, 0.2)))
        assert sorted([*train, *valid, *test, *held]) == ALL_ROWS
        sizes = [len(train), len(valid), len(test)]
        if seed:  # 23, 13 and 5 of 41 rows, as shares of 33
            assert sizes == [19, 10, 4]
        else:  # rows stay where they are
            assert set(train) < set(TRAIN) and set(test) <= set(TEST)
        # Read at last, it takes the place of the test rows alone.
        last = [*map(rows_of, deal_all(Dealing(seed, 0.2, True)))]
        assert last == [train, valid, held]


def deal_all(dealing):
    return deal(list(SPLITS.values()), dealing)


def test_nothing_held_out_leaves_all_as_it_was():
    rows = np.arange(41)
    for seed in (1, 9):
        order = np.random.default_rng(seed).permutation(41)
        expected = np.split(order, [23, 36])
        received = Dealing(seed).rows_of_splits([23, 13, 5])
        for part, other in zip(received, expected, strict=True):
            np.testing.assert_array_equal(part, other)
    own = np.concatenate(Dealing().rows_of_splits([23, 13, 5]))
    np.testing.assert_array_equal(own, rows)
    assert Dealing().is_own and not Dealing(1).is_own
    assert not Dealing(0, 0.1).is_own


def test_rows_that_no_split_gets_have_an_index_of_their_own():
    place = Dealing(3, 0.25).splits_of_rows([60, 20, 20])
    assert np.bincount(place).tolist() == [45, 15, 15, 25]
    np.testing.assert_array_equal(
        np.flatnonzero(place == 3), held_out(100, 0.25)
    )


def test_a_hold_out_is_of_no_seed_s_own_draws():
    # A user who draws a mask with a seed of theirs must not hit upon it.
    for seed in range(20):
        own = np.random.default_rng(seed).permutation(1000)[:100]
        assert len(np.intersect1d(own, held_out(1000, 0.1))) < 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1,), "`split_seed` must not be negative"),
        ((0, 1.0), r"`holdout` must lie in \[0, 1\).*holdout=1.0"),
        ((0, -0.1), r"`holdout` must lie in \[0, 1\)"),
        ((0, 0.0, True), "`holdout` must be positive where `reads_holdout`"),
    ],
)
def test_values_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        Dealing(*arguments)
