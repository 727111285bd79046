"""Omniglot's two zip files -> drawings, dealt to three splits.

Each holds a folder of its name with a folder per alphabet, a folder per
character and 20 drawings of it, by the same 20 people:
images_background/Greek/character01/0394_01.png
"""

import dataclasses
import logging
import pathlib
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from etils import epath

# Absolute, because `tfds build` imports the folder of a data set by itself.
from tfds_builders import zip_members

from . import drawing_image

ARCHIVES = ("images_background.zip", "images_evaluation.zip")
URL = "https://github.com/brendenlake/omniglot/raw/master/python/"
HOW_TO_GET = f"""\
Nothing has to be done: {ARCHIVES[0]} and {ARCHIVES[1]} are
downloaded from {URL}.
Where one of them lies in `manual_dir`, it is taken from there."""

# Alphabet -> its characters. The order is that of earlier work, see README.md.
NUM_CHARACTERS = {
    "Gujarati": 48,
    "Sylheti": 28,
    "Arcadian": 26,
    "Tibetan": 42,
    "Old_Church_Slavonic_(Cyrillic)": 45,
    "Angelic": 20,
    "Malay_(Jawi_-_Arabic)": 40,
    "Sanskrit": 42,
    "Cyrillic": 33,
    "Anglo-Saxon_Futhorc": 29,
    "Syriac_(Estrangelo)": 23,
    "Ge_ez": 26,
    "Japanese_(katakana)": 47,
    "Keble": 26,
    "Manipuri": 40,
    "Alphabet_of_the_Magi": 20,
    "Gurmukhi": 45,
    "Korean": 40,
    "Early_Aramaic": 22,
    "Atemayar_Qelisayer": 26,
    "Tagalog": 17,
    "Mkhedruli_(Georgian)": 41,
    "Inuktitut_(Canadian_Aboriginal_Syllabics)": 16,
    "Tengwar": 25,
    "Hebrew": 22,
    "N_Ko": 33,
    "Grantha": 43,
    "Latin": 26,
    "Syriac_(Serto)": 23,
    "Tifinagh": 55,
    "Balinese": 24,
    "Mongolian": 30,
    "ULOG": 26,
    "Futurama": 26,
    "Malayalam": 47,
    "Oriya": 46,
    "Ojibwe_(Canadian_Aboriginal_Syllabics)": 14,
    "Avesta": 26,
    "Kannada": 41,
    "Bengali": 46,
    "Japanese_(hiragana)": 52,
    "Armenian": 41,
    "Aurek-Besh": 26,
    "Glagolitic": 45,
    "Asomtavruli_(Georgian)": 40,
    "Greek": 24,
    "Braille": 26,
    "Burmese_(Myanmar)": 34,
    "Blackfoot_(Canadian_Aboriginal_Syllabics)": 14,
    "Atlantean": 26,
}
ALPHABETS = tuple(NUM_CHARACTERS)
NUM_DRAWERS = 20

# Drawings of each character.
SPLIT_SIZES = {"train": 10, "valid": 4, "test": 6}

_PATH = re.compile(
    r"([^/]+)/([^/]+)/character([0-9]{2})/[0-9]{4}_([0-9]{2})\.png"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drawing:
    """One drawing of one character.

    Args:
        alphabet: string. One of `ALPHABETS`.
        character: int >= 0. Number of the character in its alphabet.
        drawer: int in 1 to 20. Who drew it.
        png: bytes of the image file.
    """

    alphabet: str
    character: int
    drawer: int
    png: bytes


def read_drawings(path: epath.Path) -> list[Drawing]:
    """All drawings of a zip file.

    Raises:
        ValueError: if the zip file is damaged, or none of Omniglot's.
    """
    images = zip_members.read_members(path, lambda name: name[-1:] != "/")
    return [parse_drawing(path.name, name, png) for name, png in images.items()]


def parse_drawing(archive: str, name: str, png: bytes) -> Drawing:
    """The drawing of a file.

    Args:
        archive: string. Name of the zip file.
        name: string. The file's path inside it.
        png: bytes of the file.

    Raises:
        ValueError: if the path is none of a drawing.
    """
    folder = pathlib.PurePosixPath(archive).stem
    match = _PATH.fullmatch(name)
    if not match or match[1] != folder or match[2] not in NUM_CHARACTERS:
        raise ValueError(
            f"{archive} must hold {folder}/<alphabet>/character01/0001_01.png "
            "and the like, with Omniglot's alphabets. "
            f"Received: path={name[:200]!r}"
        )
    return Drawing(
        alphabet=match[2],
        character=int(match[3]) - 1,
        drawer=int(match[4]),
        png=png,
    )


def split_drawings(drawings: Iterable[Drawing]) -> dict[str, list[Drawing]]:
    """Deals the drawings of each character to the splits.

    Alphabets are numbered by their names, and each has the random stream of
    its number. In it the drawings of one character after the other, in the
    order of their drawers, are shuffled and cut in ten, four and six.

    Raises:
        ValueError: if a character has not one drawing by each drawer.
    """
    characters: dict[tuple[str, int], list[Drawing]] = {}
    for drawing in drawings:
        key = (drawing.alphabet, drawing.character)
        characters.setdefault(key, []).append(drawing)
    splits: dict[str, list[Drawing]] = {name: [] for name in SPLIT_SIZES}
    rngs = {
        alphabet: np.random.RandomState(number)
        for number, alphabet in enumerate(sorted(ALPHABETS))
    }
    for key in sorted(characters):
        ordered = _by_drawer(key, characters[key])
        order = iter(rngs[key[0]].permutation(NUM_DRAWERS))
        for name, size in SPLIT_SIZES.items():
            splits[name] += [ordered[next(order)] for _ in range(size)]
    return splits


def record(
    drawing: Drawing, image_size: int = drawing_image.SIZE
) -> dict[str, Any]:
    """The record of a drawing.

    Args:
        drawing: `Drawing`.
        image_size: height and width of the image. Defaults to that of the file.

    Raises:
        ValueError: if its image is none of Omniglot's.
    """
    columns = {
        "alphabet": drawing.alphabet,
        "character": drawing.character,
        "drawer": drawing.drawer,
    }
    try:
        image = drawing_image.decode(drawing.png, image_size)
    except ValueError as error:
        raise ValueError(
            f"Every drawing must be an image of Omniglot's kind: {error}. "
            f"Received: {columns}"
        ) from error
    return {"image": image, **columns}


def of_alphabets(
    drawings: Iterable[Drawing], alphabets: tuple[str, ...]
) -> list[Drawing]:
    """The drawings of some alphabets; warns of an unpublished number.

    Raises:
        ValueError: if there is none.
    """
    found = [drawing for drawing in drawings if drawing.alphabet in alphabets]
    expected = NUM_DRAWERS * sum(NUM_CHARACTERS[name] for name in alphabets)
    if not found:
        raise ValueError(
            f"{' and '.join(ARCHIVES)} must hold drawings of the alphabets "
            f"{alphabets}. Received: none"
        )
    if len(found) != expected:
        logging.getLogger(__name__).warning(
            "There are %d drawings of %d alphabets; %d are published.",
            len(found),
            len(alphabets),
            expected,
        )
    return found


def _by_drawer(key: tuple[str, int], drawings: list[Drawing]) -> list[Drawing]:
    ordered = sorted(drawings, key=lambda drawing: drawing.drawer)
    drawers = [drawing.drawer for drawing in ordered]
    if drawers != list(range(1, NUM_DRAWERS + 1)):
        raise ValueError(
            f"`character{key[1] + 1:02d}` of {key[0]} must have one drawing by "
            f"each of {NUM_DRAWERS} drawers. Received: drawers={drawers}"
        )
    return ordered
