"""A digest that identifies a table by its content."""

import hashlib
from pathlib import Path
from typing import Any

CHUNK_BYTES = 2**20


def table_digest(path: str | Path) -> dict[str, Any]:
    """Path, size and hash of a table, read a chunk at a time.

    Of a folder, the files are hashed in the order of their names, without those
    that other tools leave there, such as `_SUCCESS`.

    Args:
        path: a file or a folder of files.

    Returns:
        dict: `path` as it was given, `bytes` and `sha256` of the content.
    """
    path = Path(path)
    parts = [path]
    if path.is_dir():
        parts = sorted(
            part
            for part in path.rglob("*")
            if part.is_file() and part.name[0] not in "._"
        )
    digest, num_bytes = hashlib.sha256(), 0
    for part in parts:
        if path.is_dir():
            digest.update(f"{part.relative_to(path).as_posix()}\0".encode())
        with part.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
                num_bytes += len(chunk)
    return {
        "path": str(path),
        "bytes": num_bytes,
        "sha256": digest.hexdigest(),
    }
