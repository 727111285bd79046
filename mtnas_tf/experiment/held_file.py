"""A file that one process at a time holds, until it ends or is killed."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from mtnas_preprocessing import local_path


@contextlib.contextmanager
def held_file(path: str | Path, waits: bool = True) -> Iterator[bool]:
    """Holds a file while the block runs.

    The system lets go of it when the process ends, however that is, so that
    nothing has to be cleaned up after one that was killed. Network file systems
    pass it on to the other machines if they support locks (NFS does).

    Args:
        path: made if it is not there. It stays behind, empty.
        waits: whether to wait until whoever holds it lets go. Defaults to
            `True`.

    Yields:
        Whether it is held; without waiting, `False` if another one holds it.

    Example:
    >>> with held_file("a.lock") as is_ours, held_file("a.lock", False) as too:
    ...     print(is_ours, too)
    True False
    """
    import fcntl  # of Unix alone, and so are networks of workers

    with local_path(path).open("a") as file:
        flags = fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB
        try:
            fcntl.flock(file, flags)
        except BlockingIOError:
            yield False
            return
        yield True  # closing the file lets go of it
