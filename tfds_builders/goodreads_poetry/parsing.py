"""Goodreads' interactions and books -> columns of joined rows.

Both files hold one JSON object per line. The interactions are read once and
kept as numbers: a few bytes per row, and every distinct user and book once.
"""

import array
import dataclasses
import logging
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import numpy as np

# Absolute, because `tfds build` imports the folder of a data set by itself.
from tfds_builders.record_layout import Columns

from . import buckets
from . import json_lines

INTERACTIONS = "goodreads_interactions_poetry.json"
BOOKS = "goodreads_books_poetry.json"
URL = "https://mcauleylab.ucsd.edu/public_datasets/gdrive/goodreads/byGenre/"
HOW_TO_GET = f"""\
Nothing has to be done: {INTERACTIONS}.gz and {BOOKS}.gz are downloaded from
{URL}. Where one of them lies in `manual_dir`, as .json.gz or unpacked as .json,
it is taken from there."""

SPLIT_SIZES = {"train": 1_822_664, "valid": 455_666, "test": 456_020}
SPLIT_SEED = 0

DTYPES: dict[str, Any] = {
    "user_id": str,
    "book_id": str,
    "work_id": str,
    "title": str,
    "author_id": str,
    "series_id": str,
    "publisher": str,
    "publication_year": np.int32,
    "language_code": str,
    "country_code": str,
    "format": str,
    "is_ebook": str,
    "num_pages": np.int32,
    "num_pages_bucket": np.int32,
    "average_rating": np.float32,
    "average_rating_bucket": np.int32,
    "ratings_count": np.int32,
    "ratings_count_bucket": np.int32,
    "rating": np.int32,
    "read": np.float32,
    "satisfied": np.float32,
    "reviewed": np.float32,
}

BLOCK_ROWS = 100_000

_BOOK_TEXTS = (
    "work_id",
    "title",
    "publisher",
    "language_code",
    "country_code",
    "format",
    "is_ebook",
)
_COUNT = re.compile("[0-9]{1,9}")  # fits int32
_AVERAGE = re.compile(r"[0-9](\.[0-9]{1,9})?")
_BOOK_NUMBERS = {
    "publication_year": _COUNT,
    "num_pages": _COUNT,
    "average_rating": _AVERAGE,
    "ratings_count": _COUNT,
}

_INTERACTION_RULES: Mapping[str, json_lines.Rule] = {
    "user_id": json_lines.ID,
    "book_id": json_lines.ID,
    "is_read": ("true or false", lambda v: type(v) is bool),
    "rating": ("0 to 5", lambda v: type(v) is int and 0 <= v <= 5),
    "review_text_incomplete": ("a text", lambda v: type(v) is str),
}
_BOOK_ID_RULES: Mapping[str, json_lines.Rule] = {
    "book_id": json_lines.ID,
    "work_id": json_lines.TEXT,
}
# A book may lack these: its columns are then missing.
_BOOK_RULES: Mapping[str, json_lines.Rule] = {
    **{name: json_lines.TEXT for name in (*_BOOK_TEXTS, *_BOOK_NUMBERS)},
    "series": (
        "a list of texts",
        lambda v: type(v) is list and all(map(json_lines.is_text, v)),
    ),
    "authors": (
        "a list of objects with a text `author_id`",
        lambda v: type(v) is list and all(map(_is_author, v)),
    ),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Interactions:
    """All interactions, in the order of the file.

    Args:
        user_ids: texts `(users,)`. Every user once.
        book_ids: texts `(books,)`. Every book once, listed or not.
        user: int32 `(rows,)`. Position in `user_ids`.
        book: int32 `(rows,)`. Position in `book_ids`.
        rating: int8 `(rows,)`. 1 to 5; 0 is none.
        read: int8 `(rows,)`. 1 where the user has read the book.
        reviewed: int8 `(rows,)`. 1 where the user wrote something about it.
    """

    user_ids: np.ndarray
    book_ids: np.ndarray
    user: np.ndarray
    book: np.ndarray
    rating: np.ndarray
    read: np.ndarray
    reviewed: np.ndarray

    def __len__(self) -> int:
        return len(self.user)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Books:
    """Columns of all books.

    Args:
        rows: book id -> its row in every column.
        columns: name -> one value per book, then the value of a missing book.
    """

    rows: dict[str, int]
    columns: Columns


def parse_interactions(lines: Iterable[bytes]) -> Interactions:
    """Reads the file of interactions.

    Raises:
        ValueError: if a line is no interaction. None is ever skipped.
    """
    user_codes: dict[str, int] = {}
    book_codes: dict[str, int] = {}
    users, books = array.array("i"), array.array("i")
    ratings, reads, reviews = (array.array("b") for _ in range(3))
    for number, record in json_lines.objects(INTERACTIONS, lines):
        json_lines.check(INTERACTIONS, number, record, _INTERACTION_RULES)
        users.append(user_codes.setdefault(record["user_id"], len(user_codes)))
        books.append(book_codes.setdefault(record["book_id"], len(book_codes)))
        ratings.append(record["rating"])
        reads.append(record["is_read"])
        reviews.append(record["review_text_incomplete"] != "")
    return Interactions(
        user_ids=_texts(user_codes),
        book_ids=_texts(book_codes),
        user=np.array(users, np.int32),
        book=np.array(books, np.int32),
        rating=np.array(ratings, np.int8),
        read=np.array(reads, np.int8),
        reviewed=np.array(reviews, np.int8),
    )


def parse_books(lines: Iterable[bytes]) -> Books:
    """Reads the file of books; of repeated books the first is kept.

    Raises:
        ValueError: if a line is no book. None is ever skipped.
    """
    rows: dict[str, int] = {}
    names = (*_BOOK_TEXTS, "author_id", "series_id", *_BOOK_NUMBERS)
    texts: dict[str, list[str]] = {name: [] for name in names}
    for number, record in json_lines.objects(BOOKS, lines):
        json_lines.check(BOOKS, number, record, _BOOK_ID_RULES)
        present = {k: rule for k, rule in _BOOK_RULES.items() if k in record}
        json_lines.check(BOOKS, number, record, present)
        if record["book_id"] not in rows:
            rows[record["book_id"]] = len(rows)
            _append(texts, record)
    _append(texts, {})  # the missing book
    numbers = {
        name: _numbers(name, texts.pop(name), pattern)
        for name, pattern in _BOOK_NUMBERS.items()
    }
    columns = {name: _texts(values) for name, values in texts.items()}
    return Books(rows=rows, columns=columns | _number_columns(numbers))


def joined_rows(
    interactions: Interactions,
    books: Books,
    rows: np.ndarray,
    block_rows: int = BLOCK_ROWS,
) -> Iterator[Columns]:
    """Columns of `rows` in the given order, a block at a time.

    An unlisted book has missing columns.

    Args:
        interactions: `Interactions`.
        books: `Books`.
        rows: int `(n,)`. Rows of the interactions.
        block_rows: int > 0. Rows of a block. Defaults to `BLOCK_ROWS`.
    """
    missing = len(books.rows)
    found = (books.rows.get(book, missing) for book in interactions.book_ids)
    book_rows = np.fromiter(found, np.int32, len(interactions.book_ids))
    for start in range(0, len(rows), block_rows):
        block = rows[start : start + block_rows]
        yield _join(interactions, books, book_rows, block)


def rows_of_split(splits: np.ndarray, index: int, seed: int) -> np.ndarray:
    """Rows whose split is `index`, shuffled."""
    rows = np.flatnonzero(splits == index)
    return np.random.default_rng(seed).permutation(rows)


def _join(
    interactions: Interactions,
    books: Books,
    book_rows: np.ndarray,
    rows: np.ndarray,
) -> Columns:
    book = interactions.book[rows]
    rating = interactions.rating[rows].astype(np.int32)
    columns = {
        "user_id": interactions.user_ids[interactions.user[rows]],
        "book_id": interactions.book_ids[book],
        **{k: values[book_rows[book]] for k, values in books.columns.items()},
        "rating": rating,
        "read": interactions.read[rows].astype(np.float32),
        "satisfied": (rating == 5).astype(np.float32),
        "reviewed": interactions.reviewed[rows].astype(np.float32),
    }
    return {name: columns[name] for name in DTYPES}


def _is_author(value: Any) -> bool:
    return isinstance(value, dict) and json_lines.is_text(
        value.get("author_id")
    )


def _append(texts: dict[str, list[str]], record: dict[str, Any]) -> None:
    """Appends a book's value to every column, "" where it has none."""
    authors = [author["author_id"] for author in record.get("authors", [])]
    firsts = {
        "author_id": next(iter(authors), ""),
        "series_id": next(iter(record.get("series", [])), ""),
    }
    for name, values in texts.items():
        values.append((firsts if name in firsts else record).get(name, ""))


def _texts(values: Iterable[str]) -> np.ndarray:
    return np.array(list(values), dtype=object)


def _numbers(
    name: str, texts: list[str], pattern: re.Pattern[str]
) -> np.ndarray:
    """Numbers of a column; -1 for a missing or malformed one."""
    is_number = [pattern.fullmatch(text) is not None for text in texts]
    malformed = sum(
        text != "" and not good
        for text, good in zip(texts, is_number, strict=True)
    )
    if malformed:
        logging.getLogger(__name__).warning(
            "%s: `%s` of %d books is no number; it counts as missing.",
            BOOKS,
            name,
            malformed,
        )
    values = [
        float(text) if good else -1
        for text, good in zip(texts, is_number, strict=True)
    ]
    return np.array(values).astype(DTYPES[name])


def _number_columns(numbers: Columns) -> Columns:
    return numbers | {
        "num_pages_bucket": buckets.num_pages_bucket(numbers["num_pages"]),
        "average_rating_bucket": buckets.average_rating_bucket(
            numbers["average_rating"]
        ),
        "ratings_count_bucket": buckets.ratings_count_bucket(
            numbers["ratings_count"]
        ),
    }
