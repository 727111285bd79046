"""Assigns rows to splits by a seeded shuffle, in fixed proportions."""

from collections.abc import Mapping

import numpy as np


def assign_splits(
    num_rows: int, sizes: Mapping[str, int], seed: int
) -> np.ndarray:
    """Position in `sizes` of the split of every row, uint8 `(num_rows,)`.

    Args:
        num_rows: int. Rows to assign.
        sizes: split -> its rows among `sum(sizes.values())`. That many rows are
            cut exactly so, any other number in the same proportions; what
            rounding leaves over falls to the last split.
        seed: int >= 0. Seed of the shuffle.

    Raises:
        ValueError: if a split would be empty.
    """
    total = sum(sizes.values())
    counts = [round(num_rows * size / total) for size in sizes.values()]
    counts[-1] = num_rows - sum(counts[:-1])
    if min(counts) < 1:
        raise ValueError(
            f"`num_rows` must give every split of {dict(sizes)} a row. "
            f"Received: num_rows={num_rows}"
        )
    # One byte per row, so that ten million rows are ten megabytes.
    splits = np.repeat(np.arange(len(counts), dtype=np.uint8), counts)
    np.random.default_rng(seed).shuffle(splits)
    return splits
