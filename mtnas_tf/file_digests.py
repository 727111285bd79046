"""Digests of all files of a directory."""

import hashlib
from pathlib import Path
from typing import TypedDict


class FileDigest(TypedDict):
    """A file's size and hash."""

    sha256: str
    bytes: int


def file_digests(directory: Path) -> dict[str, FileDigest]:
    """Size and hash of every file, by its path in the directory.

    Args:
        directory: the directory.

    Returns:
        dict: path -> `{"sha256": text, "bytes": int}`, in the paths' order.
    """
    return {
        path.relative_to(directory).as_posix(): {
            "sha256": _sha256(path),
            "bytes": path.stat().st_size,
        }
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
