"""Deals rows anew to splits of the same sizes, and holds some rows out."""

import dataclasses
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from mtnas_tf.data.split import Split

BLOCK_ROWS = 2**18
# Seed of the rows held out, the same for every dealing.
HOLDOUT_ENTROPY = (2009, 387, 0x686F6C64)


@dataclasses.dataclass(frozen=True)
class Dealing:
    """Which rows a split gets.

    Args:
        seed: int >= 0. 0 leaves rows in their own splits, any other number
            shuffles all rows and cuts them at the same shares. Defaults to `0`.
        holdout: float in [0, 1). The share of all rows, the same rows for every
            seed, that no split gets. Defaults to `0.0`.
        reads_holdout: bool. Whether these rows are the last split, in place of
            its own. Defaults to `False`.
        reads_own_holdout: bool. Whether rows that the data set itself holds
            out, which are dealt to no split, replace the last one. Defaults to
            `False`.

    Raises:
        ValueError: for other values, and if there is no hold-out to be read.
    """

    seed: int = 0
    holdout: float = 0.0
    reads_holdout: bool = False
    reads_own_holdout: bool = False

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(
                f"`split_seed` must not be negative. Received: {self.seed}"
            )
        if not 0 <= self.holdout < 1:
            raise ValueError(
                "`holdout` must lie in [0, 1). "
                f"Received: holdout={self.holdout}"
            )
        if self.reads_holdout and not self.holdout:
            raise ValueError(
                "`holdout` must be positive where `reads_holdout` is set. "
                f"Received: holdout={self.holdout}"
            )

    @property
    def is_own(self) -> bool:
        """Whether every row stays where it is."""
        return not self.seed and not self.holdout

    def __str__(self) -> str:
        """The dealing as a file name."""
        name = f"split_{self.seed}"
        if self.holdout:
            kind = "read" if self.reads_holdout else "kept"
            name += f"_holdout_{self.holdout:g}_{kind}"
        if self.reads_own_holdout:
            name += "_own_holdout_read"
        return name

    def rows_of_splits(self, sizes: Sequence[int]) -> list[np.ndarray]:
        """The row numbers of each split, counted through all of them.

        Args:
            sizes: rows of each split.
        """
        total = sum(sizes)
        held = held_out(total, self.holdout)
        is_dealt = np.ones(total, bool)
        is_dealt[held] = False
        cuts = np.cumsum(sizes)[:-1]
        if self.seed:
            rng = np.random.default_rng(self.seed)
            rows = rng.permutation(np.flatnonzero(is_dealt))
            shares = np.round(cuts * (len(rows) / total)).astype(int)
            parts = np.split(rows, shares)
        else:
            owns = np.split(np.arange(total), cuts)
            parts = [own[is_dealt[own]] for own in owns]
        if self.reads_holdout:
            parts[-1] = held
        return parts

    def splits_of_rows(self, sizes: Sequence[int]) -> np.ndarray:
        """Index of the split that each row is dealt to, uint8.

        A row that is held out has the index after the last split's.

        Args:
            sizes: rows of each split.
        """
        split_of_row = np.full(sum(sizes), len(sizes), np.uint8)
        for index, part in enumerate(self.rows_of_splits(sizes)):
            split_of_row[part] = index
        return split_of_row


def held_out(num_rows: int, share: float) -> np.ndarray:
    """The numbers of the rows that are held out, in order.

    Args:
        num_rows: int >= 0, of all splits.
        share: float in [0, 1).
    """
    rng = np.random.default_rng(HOLDOUT_ENTROPY)
    drawn = rng.permutation(num_rows)[: round(share * num_rows)]
    return np.sort(drawn)


def deal(splits: Sequence[Split], dealing: Dealing) -> list[Split]:
    """All rows dealt anew, in memory.

    Args:
        splits: `Split`s.
        dealing: `Dealing`.
    """
    rows = Split.concatenate(list(splits))
    parts = dealing.rows_of_splits(list(map(len, splits)))
    return [rows.take(part) for part in parts]


def deal_blocks(
    splits: Mapping[str, Split], dealing: Dealing
) -> Iterator[tuple[str, Split]]:
    """`deal`, a block at a time, in one pass over the rows.

    A split gets the rows that it gets from `deal`; they keep their order.
    While rows are dealt, this takes nine bytes for each.

    Args:
        splits: name -> `Split`, of memory maps.
        dealing: `Dealing`.

    Yields:
        pairs of a split's name and its next rows.
    """
    split_of_row = dealing.splits_of_rows(list(map(len, splits.values())))
    start = 0
    for split in splits.values():
        for block in split.blocks(BLOCK_ROWS):
            own = split_of_row[start : start + len(block)]
            start += len(block)
            for index, name in enumerate(splits):
                yield name, block.take(np.flatnonzero(own == index))
