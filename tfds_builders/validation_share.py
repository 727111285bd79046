"""One in ten rows of a published train file is for validation."""

import hashlib

SPLIT_SEED = 0
VALID_ONE_IN = 10


def hashed_split(identity: str | int) -> str:
    """The split of a row of the train file, by a hash of what it belongs to.

    Args:
        identity: of the row, or of the rows that stay together.

    Example:
    >>> [i for i in range(20) if hashed_split(i) == "valid"]
    [11, 16, 18]
    """
    key = f"{SPLIT_SEED}/{identity}".encode()
    digest = hashlib.md5(key, usedforsecurity=False).hexdigest()
    return "valid" if int(digest, 16) % VALID_ONE_IN == 0 else "train"


def sizes_of_splits(num_train: int, num_test: int) -> dict[str, int]:
    """About how many rows each split has.

    Args:
        num_train: rows of the train file.
        num_test: rows of the test file.

    Example:
    >>> sizes_of_splits(25, 7)
    {'train': 23, 'valid': 2, 'test': 7}
    """
    valid = num_train // VALID_ONE_IN
    return {"train": num_train - valid, "valid": valid, "test": num_test}
