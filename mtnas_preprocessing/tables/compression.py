"""Text files, compressed or not."""

import bz2
import contextlib
import gzip
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import TextIO

_OPENERS: dict[str, Any] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}
COMPRESSIONS = tuple(_OPENERS)
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, UnicodeError)


@contextlib.contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Opens a UTF-8 file for reading, decompressed according to its suffix.

    Args:
        path: ends in one of `COMPRESSIONS` if it is compressed.

    Yields:
        The open file.

    Raises:
        ValueError: if it is damaged, or no UTF-8; it names the file.
    """
    opener = _OPENERS.get(path.suffix, open)
    try:
        # A byte order mark, which Excel writes, is no part of the first name.
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    except _DAMAGE as error:
        raise ValueError(
            f"{path} must be a whole file of UTF-8 text. Received: {error}"
        ) from error
