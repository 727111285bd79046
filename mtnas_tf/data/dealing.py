"""Rows dealt anew over splits of the same sizes."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from mtnas_tf.data.split import Split

BLOCK_ROWS = 2**18


def deal(splits: Sequence[Split], seed: int) -> list[Split]:
    """All rows shuffled and cut at the same sizes, in memory.

    Args:
        splits: `Split`s.
        seed: int >= 0.
    """
    rows = Split.concatenate(list(splits))
    parts = _parts(list(map(len, splits)), seed)
    return [rows.take(part) for part in parts]


def deal_blocks(
    splits: Mapping[str, Split], seed: int
) -> Iterator[tuple[str, Split]]:
    """What `deal` makes, a block at a time, in one pass over the rows.

    A split gets the rows that it gets from `deal`; they keep their order.
    While rows are dealt, this takes nine bytes for each.

    Args:
        splits: name -> `Split`, of memory maps.
        seed: int >= 0.

    Yields:
        pairs of a split's name and its next rows.
    """
    split_of_row = splits_of_rows(list(map(len, splits.values())), seed)
    start = 0
    for split in splits.values():
        for block in split.blocks(BLOCK_ROWS):
            own = split_of_row[start : start + len(block)]
            start += len(block)
            for index, name in enumerate(splits):
                yield name, block.take(np.flatnonzero(own == index))


def splits_of_rows(sizes: Sequence[int], seed: int) -> np.ndarray:
    """Index of the split that each row is dealt to, uint8.

    Args:
        sizes: rows of each split.
        seed: int >= 0.
    """
    split_of_row = np.empty(sum(sizes), np.uint8)
    for index, part in enumerate(_parts(sizes, seed)):
        split_of_row[part] = index
    return split_of_row


def _parts(sizes: Sequence[int], seed: int) -> list[np.ndarray]:
    """The row numbers of each split, counted through all of them."""
    order = np.random.default_rng(seed).permutation(sum(sizes))
    return np.split(order, np.cumsum(sizes)[:-1])
