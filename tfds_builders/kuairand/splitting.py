"""Which split an interaction is in, and which rows repeat another."""

import hashlib
from collections.abc import Iterable
from collections.abc import Iterator

LAST_TRAINING_DAY = 20220504
LAST_VALIDATION_DAY = 20220506
HOLDOUT_SHARE = 0.15
HOLDOUT = "holdout"

Row = dict[str, int]


def is_held_out(user_id: int) -> bool:
    """Whether a user is one of the `HOLDOUT_SHARE` that are held out.

    It depends on the id alone, so that it is the same in every variant.

    Example:
    >>> [user for user in range(30) if is_held_out(user)]
    [0, 20]
    """
    digest = hashlib.md5(  # noqa: S324  spreads ids, secures nothing
        f"kuairand holdout {user_id}".encode()
    ).digest()
    return int.from_bytes(digest[:8], "big") < HOLDOUT_SHARE * 2**64


def split_of(user_id: int, date: int) -> str:
    """The split of a row of the standard logs.

    Example:
    >>> [split_of(1, 20220500 + day) for day in (4, 5, 6, 7)]
    ['train', 'valid', 'valid', 'test']
    """
    if is_held_out(user_id):
        return HOLDOUT
    if date <= LAST_TRAINING_DAY:
        return "train"
    return "valid" if date <= LAST_VALIDATION_DAY else "test"


def split_of_random(user_id: int) -> str:
    """The split of a row of the random log."""
    return "holdout_random" if is_held_out(user_id) else "test_random"


def first_of_each_impression(
    rows: Iterable[tuple[str, Row]],
) -> Iterator[tuple[str, Row]]:
    """Rows without those that repeat user, video and time of an earlier one.

    Repeats agree in nearly all other columns too. Were they kept, a random
    split would put some in training and their twins in test.

    Args:
        rows: pairs of a key and a row.
    """
    seen: set[int] = set()
    for key, row in rows:
        # One integer takes less memory than a tuple.
        pair = row["user_id"] << 64 | row["video_id"]
        impression = (pair << 64) + row["time_ms"]
        if impression not in seen:
            seen.add(impression)
            yield key, row
