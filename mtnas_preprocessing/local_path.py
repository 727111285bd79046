"""Paths with `~` for the home folder."""

import os
from pathlib import Path


def local_path(path: str | os.PathLike[str]) -> Path:
    """A path whose `~` or `~user` in front is that user's home folder.

    A shell replaces `~` only where a word begins, so that one in `--set
    table.path=~/log.csv`, in a config file or in a script is left as it is.

    Args:
        path: text or path.

    Example:
    >>> local_path("~/log.csv").is_absolute()
    True
    """
    return Path(os.path.expanduser(path))
