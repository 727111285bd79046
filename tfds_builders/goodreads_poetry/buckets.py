"""Numbers of a book as few values; a missing one is -1."""

import numpy as np


def num_pages_bucket(num_pages: np.ndarray) -> np.ndarray:
    """Pages in fifties, 1000 and more as one; -1 stays -1."""
    return np.minimum(num_pages // 50, 20)


def average_rating_bucket(average_rating: np.ndarray) -> np.ndarray:
    """Tenths of a star, rounded down; -1 where missing."""
    hundredths = np.rint(average_rating.astype(np.float64) * 100)
    tenths = (hundredths // 10).astype(np.int32)
    return np.where(average_rating < 0, np.int32(-1), tenths)


def ratings_count_bucket(ratings_count: np.ndarray) -> np.ndarray:
    """The integer part of log2(count + 1); -1 stays -1."""
    # The exponent of 0 is 0, of 1 is 1.
    exponents = np.frexp(ratings_count.astype(np.float64) + 1)[1]
    return (exponents - 1).astype(np.int32)
