"""Text files, compressed or not."""

import bz2
import gzip
import lzma
from pathlib import Path
from typing import Any

_OPENERS: dict[str, Any] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}
COMPRESSIONS = tuple(_OPENERS)


def open_text(path: Path) -> Any:
    """Opens a UTF-8 file for reading, by its suffix decompressed.

    Args:
        path: ends in one of `COMPRESSIONS` if it is compressed.
    """
    opener = _OPENERS.get(path.suffix, open)
    # A byte order mark, which Excel writes, is no part of the first name.
    return opener(path, "rt", encoding="utf-8-sig", newline="")
