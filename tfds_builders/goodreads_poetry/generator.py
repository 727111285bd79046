"""Made-up files in the exact format of Goodreads poetry, for tests of scale.

Fields are drawn independently of the labels, so nothing can be learnt from
them. Books and users are as many per row as in the original.
"""

import gzip
import json
import time
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

import numpy as np
from etils import epath

from . import parsing

ROWS_PER_BOOK = 2_734_350 / 36_514
ROWS_PER_USER = 2_734_350 / 377_799
UNLISTED_RATE = 0.01
READ_RATE = 0.4804
REVIEWED_RATE = 0.0568
READ_RATE_OF_REVIEWED = 0.979
FIVE_STAR_RATE_OF_READ = 0.382
# Of read books without five stars; 0 is no rating.
OTHER_RATINGS = (0, 1, 2, 3, 4)
OTHER_RATING_RATES = (0.104, 0.026, 0.077, 0.303, 0.490)

BLOCK_ROWS = 100_000
ODD_FACTOR = 0x9E3779B97F4A7C15F39CC0605CEDC835
FIRST_DAY = 1_172_700_000
NUM_DAYS = 3_900
TITLES = ("Poems", "Poesía completa", "Стихи", "詩集", 'The "Odd" Ode', "")
REVIEWS = ("Loved it.", "Précieux…", 'Two\nlines, a\ttab and a "quote".', "詩")
PUBLISHERS = ("", "Verse & Sons", "Éditions du Vers", "Odd Press")
LANGUAGES = ("", "eng", "en-US", "spa", "ger")
FORMATS = ("", "Paperback", "Hardcover", "ebook", "Kindle Edition")
YEARS = ("", "0", "65535", *map(str, range(1900, 2018)))


def write_files(directory: epath.PathLike, num_rows: int, seed: int) -> None:
    """Writes both files, gzipped.

    Args:
        directory: folder of the files.
        num_rows: int > 0. Interactions.
        seed: int >= 0. Seed of everything drawn.
    """
    rng = np.random.default_rng(seed)
    num_books = max(2, round(num_rows / ROWS_PER_BOOK))
    books = draw_books(rng, num_books)
    _write(epath.Path(directory) / f"{parsing.BOOKS}.gz", books)
    interactions = draw_interactions(rng, num_rows, num_books)
    _write(epath.Path(directory) / f"{parsing.INTERACTIONS}.gz", interactions)


def draw_books(
    rng: np.random.Generator, num_books: int
) -> Iterator[dict[str, Any]]:
    """The listed books: a few of the last ids are not among them."""
    for book in range(_num_listed(num_books)):
        author, series, pages, ratings = rng.integers(
            (10**6, 10**5, 1_300, 20_000)
        ).tolist()
        choice = int(rng.integers(10**6))
        title = f"{_pick(TITLES, choice)} {book}".strip()
        yield {
            "isbn": "",
            "text_reviews_count": str(ratings // 20),
            "series": [str(series)] * (series % 10 == 0),
            "country_code": "US",
            "language_code": _pick(LANGUAGES, choice // 7),
            "popular_shelves": [{"count": str(ratings), "name": "poetry"}],
            "asin": "",
            "is_ebook": "true" if choice % 5 == 0 else "false",
            "average_rating": f"{choice % 401 / 100 + 1:.2f}",
            "kindle_asin": "",
            "similar_books": [],
            "description": "",
            "format": _pick(FORMATS, choice // 11),
            "link": f"https://books.example/{book}",
            "authors": [{"author_id": str(author), "role": ""}],
            "publisher": _pick(PUBLISHERS, choice // 13),
            "num_pages": str(pages) if pages % 4 else "",
            "publication_day": "",
            "isbn13": "",
            "publication_month": "",
            "edition_information": "",
            "publication_year": _pick(YEARS, choice // 17),
            "url": f"https://books.example/{book}",
            "image_url": "",
            "book_id": str(book),
            "ratings_count": str(ratings),
            "work_id": str(book * 10),
            "title": title,
            "title_without_series": title,
        }


def draw_interactions(
    rng: np.random.Generator, num_rows: int, num_books: int
) -> Iterator[dict[str, Any]]:
    """The interactions; about one in a hundred is with an unlisted book."""
    num_users = max(1, round(num_rows / ROWS_PER_USER))
    days = [_date(FIRST_DAY + 86_400 * day) for day in range(NUM_DAYS)]
    for start in range(0, num_rows, BLOCK_ROWS):
        size = min(BLOCK_ROWS, num_rows - start)
        columns = (
            rng.integers(num_users, size=size),
            _draw_book_ids(rng, size, num_books),
            *_draw_labels(rng, size),
            rng.integers(NUM_DAYS, size=size),
        )
        values = zip(*(column.tolist() for column in columns), strict=True)
        for row, (user, book, read, rating, reviewed, day) in enumerate(values):
            review = _pick(REVIEWS, row) if reviewed else ""
            yield {
                "user_id": _user_id(user),
                "book_id": str(book),
                "review_id": f"{start + row:032x}",
                "is_read": read,
                "rating": rating,
                "review_text_incomplete": review,
                "date_added": days[day],
                "date_updated": days[day],
                "read_at": days[day] if read and row % 2 else "",
                "started_at": "",
            }


def _num_listed(num_books: int) -> int:
    return max(1, num_books - max(1, num_books // 50))


def _draw_book_ids(
    rng: np.random.Generator, num_rows: int, num_books: int
) -> np.ndarray:
    """Few books that occur often and many that occur seldom."""
    listed = _num_listed(num_books)
    books = (listed * rng.random(num_rows) ** 2).astype(np.int64)
    is_unlisted = rng.random(num_rows) < UNLISTED_RATE
    unlisted = rng.integers(listed, num_books, size=num_rows)
    return np.where(is_unlisted, unlisted, books)


def _draw_labels(
    rng: np.random.Generator, num_rows: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read, rating, reviewed; only read books are rated."""
    reviewed = rng.random(num_rows) < REVIEWED_RATE
    both = REVIEWED_RATE * READ_RATE_OF_REVIEWED
    rate_of_others = (READ_RATE - both) / (1 - REVIEWED_RATE)
    rates = np.where(reviewed, READ_RATE_OF_REVIEWED, rate_of_others)
    read = rng.random(num_rows) < rates
    has_five = rng.random(num_rows) < FIVE_STAR_RATE_OF_READ
    others = rng.choice(OTHER_RATINGS, size=num_rows, p=OTHER_RATING_RATES)
    return read, np.where(has_five, 5, others) * read, reviewed


def _user_id(user: int) -> str:
    """Looks like the hashes of the original; distinct for every user."""
    return f"{user * ODD_FACTOR % 2**128:032x}"


def _pick(values: tuple[str, ...], number: int) -> str:
    return values[number % len(values)]


def _date(seconds: int) -> str:
    return time.strftime("%a %b %d %H:%M:%S -0700 %Y", time.gmtime(seconds))


def _write(path: epath.Path, records: Iterable[dict[str, Any]]) -> None:
    # Without the time of writing, so that a seed fixes the bytes.
    with path.open("wb") as file:
        with gzip.GzipFile("", "wb", 1, fileobj=file, mtime=0) as packed:
            for record in records:
                packed.write(json.dumps(record).encode() + b"\n")
