"""Made-up drawings in the exact files of Omniglot.

Run as a script, it writes the dummy data of the builder.
"""

import pathlib
import struct
import sys
import zipfile
import zlib

import numpy as np

# Archive -> alphabet -> characters. Tagalog is none of the first 20 alphabets.
DUMMY_CHARACTERS = {
    "images_background": {"Gujarati": 2, "Tagalog": 1},
    "images_evaluation": {"Sylheti": 1},
}
NUM_DRAWERS = 20


def image_of(label, drawer):
    """Pixels (105, 105, 1) of a character: a stroke that tells the drawing."""
    image = np.full((105, 105, 1), 255, np.uint8)
    image[label, : 5 * drawer] = 0
    return image


def png_of(image, bit_depth=1, gray=None):
    """A file of one bit a pixel; with `gray` eight, and ink of that gray."""
    if gray is None:
        pixels = np.packbits(image[:, :, 0] > 0, axis=1)
    else:
        pixels, bit_depth = np.maximum(image[:, :, 0], np.uint8(gray)), 8
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    height, width = image.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, bit_depth, 0, 0, 0, 0)
    chunks = [
        (b"IHDR", header),
        (b"tIME", struct.pack(">HBBBBB", 2000, 1, 1, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def files_of(folder, characters, first_label=1):
    """Path -> bytes of the drawings of a zip file."""
    files, label = {}, first_label
    for alphabet, count in characters.items():
        for character in range(1, count + 1):
            for drawer in range(1, NUM_DRAWERS + 1):
                name = f"character{character:02d}/{label:04d}_{drawer:02d}.png"
                png = png_of(image_of(label, drawer))
                files[f"{folder}/{alphabet}/{name}"] = png
            label += 1
    return files


def write_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        folders = {p for name in files for p in pathlib.Path(name).parents}
        for folder in sorted(folders - {pathlib.Path(".")}):
            opened.writestr(zipfile.ZipInfo(f"{folder}/"), b"")
        for name, content in files.items():
            opened.writestr(zipfile.ZipInfo(name), content)


def write_dummy_data(directory):
    label = 1
    for folder, characters in DUMMY_CHARACTERS.items():
        files = files_of(folder, characters, label)
        write_zip(pathlib.Path(directory) / f"{folder}.zip", files)
        label += sum(characters.values())


if __name__ == "__main__":
    write_dummy_data(sys.argv[1])
