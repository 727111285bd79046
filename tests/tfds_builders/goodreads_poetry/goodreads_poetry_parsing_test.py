import logging
import os
import pathlib

import numpy as np
import pytest
from goodreads_lines import BOOK
from goodreads_lines import INTERACTION
from goodreads_lines import lines

from tfds_builders import raw_file
from tfds_builders.goodreads_poetry import buckets
from tfds_builders.goodreads_poetry import parsing


def joined(interactions, books):
    """Rows of all interactions, as dicts."""
    interactions = parsing.parse_interactions(lines(*interactions))
    (columns,) = parsing.joined_rows(
        interactions,
        parsing.parse_books(lines(*books)),
        np.arange(len(interactions)),
    )
    assert list(columns) == list(parsing.DTYPES)
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def book_columns(**changes):
    """Columns of one book, in the row of an interaction with it."""
    (row,) = joined([INTERACTION], [BOOK | changes])
    return row


def test_row_of_a_listed_book():
    row = book_columns()
    assert row.pop("average_rating") == pytest.approx(4.09)
    assert row == {
        "user_id": "u",
        "book_id": "1",
        "work_id": "10",
        "title": "T",
        "author_id": "7",
        "series_id": "5",
        "publisher": "P",
        "publication_year": 1999,
        "language_code": "eng",
        "country_code": "US",
        "format": "Paperback",
        "is_ebook": "false",
        "num_pages": 120,
        "num_pages_bucket": 2,
        "average_rating_bucket": 40,
        "ratings_count": 7,
        "ratings_count_bucket": 3,
        "rating": 4,
        "read": 1.0,
        "satisfied": 0.0,
        "reviewed": 0.0,
    }


def test_columns_have_their_types():
    interactions = parsing.parse_interactions(lines(INTERACTION))
    (columns,) = parsing.joined_rows(
        interactions, parsing.parse_books(lines(BOOK)), np.arange(1)
    )
    dtypes = {k: object if v is str else v for k, v in parsing.DTYPES.items()}
    assert {name: values.dtype for name, values in columns.items()} == {
        name: np.dtype(dtype) for name, dtype in dtypes.items()
    }


def test_unlisted_book_is_missing():
    (row,) = joined([INTERACTION | {"book_id": "2"}], [BOOK])
    own = {"user_id", "book_id", "rating", "read", "satisfied", "reviewed"}
    assert row["book_id"] == "2"
    for name, value in row.items():
        if name not in own:
            assert value == ("" if parsing.DTYPES[name] is str else -1), name


def test_empty_book_equals_a_missing_one():
    empty = {"book_id": "1", "work_id": ""}
    blank = {k: [] if type(v) is list else "" for k, v in BOOK.items()}
    books = [empty, blank | {"book_id": "2"}]
    interactions = [INTERACTION | {"book_id": book} for book in "123"]
    rows = joined(interactions, books)
    assert [row.pop("book_id") for row in rows] == ["1", "2", "3"]
    assert rows[0] == rows[1] == rows[2]


def test_no_books_at_all():
    (row,) = joined([INTERACTION], [])
    assert row["title"] == ""


@pytest.mark.parametrize(
    ("rating", "is_read", "review", "labels"),
    [
        (0, False, "", (0, 0, 0)),
        (0, True, "", (1, 0, 0)),
        (4, True, "x", (1, 0, 1)),
        (5, True, "", (1, 1, 0)),
        (5, False, " ", (0, 1, 1)),
    ],
)
def test_labels(rating, is_read, review, labels):
    change = {"rating": rating, "is_read": is_read}
    (row,) = joined(
        [INTERACTION | change | {"review_text_incomplete": review}], [BOOK]
    )
    assert (row["read"], row["satisfied"], row["reviewed"]) == labels
    assert row["rating"] == rating


def test_rows_come_in_the_order_asked_for_whatever_the_blocks():
    records = [INTERACTION | {"user_id": f"u{i}"} for i in (3, 1, 3, 2, 0)]
    interactions = parsing.parse_interactions(lines(*records))
    books = parsing.parse_books(lines(BOOK))
    rows = np.array([4, 2, 0, 3])
    for size in (1, 3, 4, 9):
        blocks = list(parsing.joined_rows(interactions, books, rows, size))
        users = [user for block in blocks for user in block["user_id"]]
        assert users == ["u0", "u3", "u3", "u2"]
        assert {len(block) for block in blocks} == {len(parsing.DTYPES)}


def test_interactions_are_compact():
    records = [INTERACTION | {"user_id": f"u{i % 3}"} for i in range(100)]
    interactions = parsing.parse_interactions(lines(*records))
    assert len(interactions) == 100
    assert interactions.user_ids.tolist() == ["u0", "u1", "u2"]
    assert interactions.book_ids.tolist() == ["1"]
    columns = ("user", "book", "rating", "read", "reviewed")
    num_bytes = sum(getattr(interactions, name).itemsize for name in columns)
    assert num_bytes == 11


def test_repeated_pairs_stay_and_of_repeated_books_the_first():
    rows = joined([INTERACTION] * 2, [BOOK, BOOK | {"title": "Second"}])
    assert [row["title"] for row in rows] == ["T", "T"]


@pytest.mark.parametrize(
    "text", ["Poesía", "詩 😀", 'a "quote"\n', " ", "\x00", "\u2028x"]
)
def test_texts_are_kept(text):
    assert book_columns(title=text)["title"] == text
    (row,) = joined([INTERACTION | {"user_id": text}], [BOOK])
    assert row["user_id"] == text


@pytest.mark.parametrize(
    ("text", "year"), [("", -1), ("0", 0), ("65535", 65535)]
)
def test_year_is_kept_as_listed(text, year):
    assert book_columns(publication_year=text)["publication_year"] == year


def test_numbers_that_are_none_are_missing_and_counted(caplog):
    bad = {"num_pages": "about 90", "publication_year": "-5"}
    books = [
        BOOK | bad,
        BOOK | {"book_id": "2", "num_pages": "1234567890", "ratings_count": ""},
        BOOK | {"book_id": "3", "average_rating": "nan"},
    ]
    with caplog.at_level(logging.WARNING):
        rows = joined([INTERACTION | {"book_id": b} for b in "123"], books)
    assert [row["num_pages"] for row in rows] == [-1, -1, 120]
    assert [row["num_pages_bucket"] for row in rows] == [-1, -1, 2]
    assert rows[0]["publication_year"] == -1
    assert rows[1]["ratings_count_bucket"] == -1
    assert rows[2]["average_rating"] == rows[2]["average_rating_bucket"] == -1
    assert [record.getMessage() for record in caplog.records] == [
        f"{parsing.BOOKS}: `{name}` of {count} books is no number; it counts "
        "as missing."
        for name, count in [
            ("publication_year", 1),
            ("num_pages", 2),
            ("average_rating", 1),
        ]
    ]


def test_buckets_of_pages():
    pages = np.array([-1, 0, 49, 50, 999, 1000, 30_000], np.int32)
    expected = [-1, 0, 0, 1, 19, 20, 20]
    assert buckets.num_pages_bucket(pages).tolist() == expected


def test_buckets_of_averages_against_their_digits():
    texts = [f"{n // 100}.{n % 100:02}" for n in range(501)]
    averages = np.array([float(text) for text in texts], np.float32)
    found = buckets.average_rating_bucket(averages)
    assert found.tolist() == [int(t[0]) * 10 + int(t[2]) for t in texts]
    missing = np.array([-1], np.float32)
    assert buckets.average_rating_bucket(missing).tolist() == [-1]


def test_buckets_of_counts_against_bit_lengths():
    counts = [0, 1, 2, 3, 6, 7, 8, 15_716, 2**29 - 2, 2**29 - 1, 999_999_999]
    found = buckets.ratings_count_bucket(np.array(counts, np.int32))
    assert found.tolist() == [(n + 1).bit_length() - 1 for n in counts]
    assert buckets.ratings_count_bucket(np.array([-1], np.int32)) == -1


def test_rows_of_a_split_are_shuffled_and_fixed():
    splits = np.arange(60) % 3
    rows = [parsing.rows_of_split(splits, index, seed=0) for index in range(3)]
    for index, members in enumerate(rows):
        expected = list(range(index, 60, 3))
        assert members.tolist() != expected
        assert sorted(members.tolist()) == expected
    again = parsing.rows_of_split(splits, 1, seed=0)
    np.testing.assert_array_equal(again, rows[1])


@pytest.mark.real_data
def test_published_records():
    raw_dir = os.environ.get("MTNAS_RAW_DIR")
    if not raw_dir:
        pytest.skip("MTNAS_RAW_DIR is not set")
    folder = pathlib.Path(raw_dir) / "goodreads"
    interactions = parsing.parse_interactions(
        raw_file.read_lines(folder / "poetry_example_interactions.jsonl")
    )
    books = parsing.parse_books(
        raw_file.read_lines(folder / "poetry_example_books.jsonl")
    )
    (columns,) = parsing.joined_rows(interactions, books, np.arange(1))
    row = {name: values.tolist()[0] for name, values in columns.items()}
    assert row.pop("average_rating") == pytest.approx(4.09)
    assert row == {
        "user_id": "80d52f5e70f023bd0098ab96599a3530",
        "book_id": "402128",
        "work_id": "372536",
        "title": "Old Possum's Book of Practical Cats",
        "author_id": "18540",
        "series_id": "",
        "publisher": "Harcourt Brace & Company",
        "publication_year": 1982,
        "language_code": "en-US",
        "country_code": "US",
        "format": "Hardcover",
        "is_ebook": "false",
        "num_pages": 56,
        "num_pages_bucket": 1,
        "average_rating_bucket": 40,
        "ratings_count": 15_716,
        "ratings_count_bucket": 13,
        "rating": 4,
        "read": 1.0,
        "satisfied": 0.0,
        "reviewed": 0.0,
    }


@pytest.mark.real_data
def test_other_files_of_goodreads_are_refused():
    raw_dir = os.environ.get("MTNAS_RAW_DIR")
    if not raw_dir:
        pytest.skip("MTNAS_RAW_DIR is not set")
    folder = pathlib.Path(raw_dir) / "goodreads"
    # The summary of all genres, and the reviews.
    with pytest.raises(ValueError, match="Line 1 of .* one JSON object"):
        parsing.parse_interactions(
            raw_file.read_lines(folder / "goodreads_interactions.csv.gz")
        )
    with pytest.raises(ValueError, match="`is_read` in line 1"):
        parsing.parse_interactions(
            raw_file.read_lines(folder / "poetry_example_reviews.jsonl")
        )
