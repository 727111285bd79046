"""Files inside a zip file."""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable

from etils import epath

# What a damaged file makes `zipfile` raise, besides what it documents: names
# that do not decode, methods and encryption it does not know, sizes and offsets
# that make no sense.
_DAMAGE = (
    zipfile.BadZipFile,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)


def read_members(
    path: epath.Path, is_wanted: Callable[[str], bool]
) -> dict[str, bytes]:
    """Contents of files inside a zip file, by their paths in it.

    Args:
        path: the zip file.
        is_wanted: callable `(path inside)` -> whether to read the file.

    Raises:
        ValueError: if the zip file is damaged.
    """
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            wanted = filter(is_wanted, opened.namelist())
            return {name: opened.read(name) for name in wanted}
    except _DAMAGE as error:
        raise ValueError(
            f"`{path.name}` must be a complete zip file; download it again. "
            f"Received: {path} ({error})"
        ) from error
