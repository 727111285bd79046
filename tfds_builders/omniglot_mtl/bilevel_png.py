"""PNG files of black and white pixels, as Omniglot holds them."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np

SIZE = 105

# One bit per pixel, gray, not interlaced.
_HEADER = b"\x89PNG\r\n\x1a\n" + struct.pack(
    ">I4sIIBBBBB", 13, b"IHDR", SIZE, SIZE, 1, 0, 0, 0, 0
)
_LENGTH_OF_CHECKSUM = 4
_ROW_BYTES = 1 + (SIZE + 7) // 8  # a filter's number and the pixels


def decode(content: bytes) -> np.ndarray:
    """Pixels of a drawing: 0 is ink and 255 paper.

    TFDS would take the file as it is, but reads bits as 0 and 255 or as 0 and
    1, by the library that it reads them with.

    Args:
        content: bytes of the file.

    Returns:
        uint8 `(SIZE, SIZE, 1)`.

    Raises:
        ValueError: if it is another kind of file, or damaged.
    """
    if not content.startswith(_HEADER):
        raise ValueError(f"it is no PNG of {SIZE} x {SIZE} pixels of one bit")
    try:
        pixels = zlib.decompress(b"".join(_pixel_chunks(content)))
    except zlib.error as error:
        raise ValueError(f"its pixels are damaged: {error}") from error
    if len(pixels) != SIZE * _ROW_BYTES or any(pixels[::_ROW_BYTES]):
        raise ValueError(f"its pixels are not {SIZE} unfiltered rows")
    rows = np.frombuffer(pixels, np.uint8).reshape(SIZE, _ROW_BYTES)
    bits = np.unpackbits(rows[:, 1:], axis=1, count=SIZE)
    return bits[:, :, None] * np.uint8(255)


def _pixel_chunks(content: bytes) -> Iterator[bytes]:
    at = len(_HEADER) + _LENGTH_OF_CHECKSUM
    while len(content) >= at + 8:
        length, kind = struct.unpack_from(">I4s", content, at)
        at += 8
        if kind == b"IDAT":
            yield content[at : at + length]
        at += length + _LENGTH_OF_CHECKSUM
