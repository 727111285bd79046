import numpy as np
import pytest

from tfds_builders.goodreads_poetry import parsing as goodreads_poetry
from tfds_builders.split_assignment import assign_splits
from tfds_builders.tiktok import parsing as tiktok

SIZES = {"train": 5, "valid": 3, "test": 2}


@pytest.mark.parametrize(
    ("sizes", "num_rows"),
    [
        (goodreads_poetry.SPLIT_SIZES, 2_734_350),
        (tiktok.SPLIT_SIZES, 19_622_340),
    ],
)
def test_published_counts_are_exact(sizes, num_rows):
    splits = assign_splits(num_rows, sizes, seed=0)
    assert splits.dtype == np.uint8
    assert np.bincount(splits).tolist() == list(sizes.values())


@pytest.mark.parametrize(
    ("num_rows", "counts"),
    [(10, [5, 3, 2]), (4, [2, 1, 1]), (5, [2, 2, 1]), (1234, [617, 370, 247])],
)
def test_other_counts_keep_the_proportions(num_rows, counts):
    assert np.bincount(assign_splits(num_rows, SIZES, 0)).tolist() == counts


def test_assignment_is_shuffled_and_fixed():
    first = assign_splits(10, SIZES, seed=0)
    assert first.tolist() == [0, 1, 0, 1, 0, 1, 2, 0, 2, 0]
    assert not np.array_equal(first, assign_splits(10, SIZES, seed=1))


@pytest.mark.parametrize("num_rows", [0, 1, 2, 3])
def test_too_few_rows_are_refused(num_rows):
    message = f"`num_rows` must give every split.*num_rows={num_rows}"
    with pytest.raises(ValueError, match=message):
        assign_splits(num_rows, SIZES, seed=0)
