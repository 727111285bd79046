"""Book-Crossing's three tables -> one record per rating.

The files are ISO-8859-1, `;`-separated and quoted, but they escape quotes
inconsistently, so a line is cut at its `";"` and no CSV dialect is used.
"""

import logging
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from etils import epath

# Absolute, because `tfds build` imports the folder of a data set by itself.
from tfds_builders import zip_members

from .cleaning import age_bucket
from .cleaning import clean_isbn
from .cleaning import clean_text
from .cleaning import split_location

ARCHIVE = "BX-CSV-Dump.zip"
USERS = "BX-Users.csv"
BOOKS = "BX-Books.csv"
RATINGS = "BX-Book-Ratings.csv"
HEADERS = {
    USERS: '"User-ID";"Location";"Age"',
    BOOKS: (
        '"ISBN";"Book-Title";"Book-Author";"Year-Of-Publication";"Publisher";'
        '"Image-URL-S";"Image-URL-M";"Image-URL-L"'
    ),
    RATINGS: '"User-ID";"ISBN";"Book-Rating"',
}
HOW_TO_GET = f"""\
Put {ARCHIVE}, or the {USERS}, {BOOKS} and {RATINGS} inside it, into one folder
and pass that folder as `manual_dir`. The original host
(www2.informatik.uni-freiburg.de/~cziegler/BX/) is offline: search for
"{ARCHIVE}" or, on Kaggle, for "Book-Crossing". Copies whose files were renamed
or rewritten with commas are not read."""

SPLIT_SIZES = {"train": 800_000, "valid": 200_000, "test": 149_780}
SPLIT_SEED = 0

MISSING_USER = {
    "age": -1,
    "age_bucket": "",
    "location": "",
    "city": "",
    "state": "",
    "country": "",
}
MISSING_BOOK = {
    "title": "",
    "author": "",
    "year": -1,
    "publisher": "",
    "image_url_s": "",
    "image_url_m": "",
    "image_url_l": "",
}

_RATING_LINE = re.compile(r'"(\d+)";"((?:(?!";").)*)";"(\d|10)"')
_USER_LINE = re.compile(r'"(\d+)";"((?:(?!";(?:"|NULL)).)*)";(?:NULL|"(\d*)")')
# Fits int32. Not \d: an entity may be a digit of another script.
_INTEGER = re.compile(r"[0-9]{1,9}")


def read_files(directory: epath.PathLike) -> dict[str, bytes]:
    """Contents of the three tables, by file name.

    Args:
        directory: folder that holds the archive or the three extracted files.
            The archive is preferred.

    Raises:
        FileNotFoundError: if a table is missing.
        ValueError: if the archive is damaged.
    """
    directory = epath.Path(directory)
    archive = directory / ARCHIVE
    if archive.exists():
        files = _read_archive(archive)
    else:
        paths = {name: directory / name for name in HEADERS}
        files = {n: p.read_bytes() for n, p in paths.items() if p.exists()}
    missing = [name for name in HEADERS if name not in files]
    if missing:
        raise FileNotFoundError(
            f"`manual_dir` must hold the Book-Crossing files. Missing: "
            f"{missing}. Received: manual_dir={directory}\n{HOW_TO_GET}"
        )
    return files


def parse_ratings(content: bytes) -> list[tuple[str, str, int]]:
    """(user, ISBN, rating) of every row, in the order of the file.

    Raises:
        ValueError: if a line is no rating. None is ever skipped.
    """
    ratings = []
    for number, line in enumerate(_lines(RATINGS, content), start=2):
        match = _RATING_LINE.fullmatch(line)
        if not match:
            raise ValueError(
                f'Line {number} of {RATINGS} must read "user";"isbn";"rating", '
                f"rating 0 to 10. Received: line={line[:200]!r}"
            )
        user, isbn, rating = match.groups()
        ratings.append((user, clean_isbn(isbn), int(rating)))
    return ratings


def parse_users(content: bytes) -> dict[str, dict[str, Any]]:
    """Columns of every user, by user id; malformed lines are left out."""
    users: dict[str, dict[str, Any]] = {}
    malformed = 0
    for line in _lines(USERS, content):
        match = _USER_LINE.fullmatch(line)
        if match:
            user, location, age = match.groups()
            users.setdefault(user, _user(clean_text(location), age or ""))
        else:
            malformed += 1
    _warn_malformed(USERS, malformed)
    return users


def parse_books(content: bytes) -> dict[str, dict[str, Any]]:
    """Columns of every book, by ISBN; malformed lines are left out."""
    books: dict[str, dict[str, Any]] = {}
    malformed = 0
    for line in _lines(BOOKS, content):
        fields = _book_fields(line)
        if fields:
            isbn, *columns = fields
            books.setdefault(clean_isbn(isbn), _book(columns))
        else:
            malformed += 1
    _warn_malformed(BOOKS, malformed)
    return books


def join(
    rating: tuple[str, str, int],
    users: dict[str, dict[str, Any]],
    books: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """One record; an unlisted user or book has missing columns."""
    user, isbn, score = rating
    return {
        "user_id": user,
        **users.get(user, MISSING_USER),
        "isbn": isbn,
        **books.get(isbn, MISSING_BOOK),
        "rating": score,
        "rated": float(score > 0),
        "satisfied": float(score == 10),
    }


def split_rows(num_rows: int) -> dict[str, np.ndarray]:
    """Row numbers of each split: shuffled, then cut in fixed proportions."""
    total = sum(SPLIT_SIZES.values())
    num_train = round(num_rows * SPLIT_SIZES["train"] / total)
    num_valid = round(num_rows * SPLIT_SIZES["valid"] / total)
    order = np.random.default_rng(SPLIT_SEED).permutation(num_rows)
    cuts = [num_train, num_train + num_valid]
    parts = np.split(order, cuts)
    return dict(zip(SPLIT_SIZES, parts, strict=True))


def _read_archive(archive: epath.Path) -> dict[str, bytes]:
    members = zip_members.read_members(archive, lambda m: _name(m) in HEADERS)
    return {_name(member): content for member, content in members.items()}


def _name(member: str) -> str:
    return pathlib.PurePosixPath(member).name


def _lines(name: str, content: bytes) -> Iterator[str]:
    """The lines below the header, without their line ends."""
    if _is_utf8(content):
        raise ValueError(
            f"{name} must be in ISO-8859-1, as Book-Crossing is. Received: a "
            "file in UTF-8"
        )
    text = content.decode("iso-8859-1").rstrip("\r\n")
    # Not `splitlines`, which also cuts at characters inside a title.
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    header = next(lines)
    if header != HEADERS[name]:
        raise ValueError(
            f"{name} must be a Book-Crossing file, with header {HEADERS[name]}."
            f" Received: header={header[:200]!r}"
        )
    return lines


def _is_utf8(content: bytes) -> bool:
    """Whether the whole file is UTF-8 and not just ASCII."""
    if content.isascii():
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _user(location: str, age: str) -> dict[str, Any]:
    years = _integer(age)
    columns = (years, age_bucket(years), location, *split_location(location))
    return dict(zip(MISSING_USER, columns, strict=True))


def _book(columns: list[str]) -> dict[str, Any]:
    texts = map(clean_text, columns)
    book: dict[str, Any] = dict(zip(MISSING_BOOK, texts, strict=True))
    return {**book, "year": _integer(book["year"])}


def _book_fields(line: str) -> list[str] | None:
    """The eight fields of a line; None if it has not eight."""
    if len(line) < 2 or line[0] != '"' or line[-1] != '"':
        return None
    fields = line[1:-1].split('";"')
    if len(fields) == 7:
        # A title that ends in a backslash has swallowed the separator.
        fields[1:2] = fields[1].rsplit('\\";', 1)
    return fields if len(fields) == 8 else None


def _integer(text: str) -> int:
    return int(text) if _INTEGER.fullmatch(text) else -1


def _warn_malformed(name: str, count: int) -> None:
    if count:
        logging.getLogger(__name__).warning(
            "%s: %d malformed lines left out; their columns are missing.",
            name,
            count,
        )
