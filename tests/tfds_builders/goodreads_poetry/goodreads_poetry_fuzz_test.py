import itertools
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import FUZZ
from mutations import check_is_clear
from mutations import dummy_files
from mutations import encodings
from mutations import faulty_lines
from mutations import files
from mutations import lines_of

from tfds_builders.goodreads_poetry import parsing

INTERACTION = {
    "user_id": "a1",
    "book_id": "11",
    "is_read": True,
    "rating": 5,
    "review_text_incomplete": "",
    "date_added": "Tue Mar 14 09:30:00 -0700 2017",
}
BOOK = {
    "book_id": "11",
    "work_id": "110",
    "title": "Poesía — 詩",
    "publisher": "Verse & Sons",
    "publication_year": "1982",
    "num_pages": "56",
    "average_rating": "4.09",
    "ratings_count": "15716",
    "series": ["301", "302"],
    "authors": [{"author_id": "21", "role": ""}],
}
# JSON values that a careless parser takes for another one.
VALUES = (
    *('""', '"x"', '"1"', '"-1"', '"1e5"', '"\u0663"', '"\\ud800"', '"5.5.5"'),
    *("true", "false", "null", "0", "-0", "5", "6", "-1", "5.0", "NaN"),
    *("Infinity", "1e999", "9" * 5000, "[]", "{}", '["x"]', "[1]", "[{}]"),
    *('[{"author_id": 1}]', '[{"author_id": ""}]', '["\\ud800"]', '""', ""),
    *("[" * 99_999, '"' + "9" * 10 + '"', '"\\u0000"', '"x', "1 2"),
)
PLAIN_TEXTS = (
    *("work_id", "title", "publisher", "language_code", "country_code"),
    *("format", "is_ebook"),
)
TEXTS = (*PLAIN_TEXTS, "author_id", "series_id")
COUNTS = ("publication_year", "num_pages", "ratings_count")
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
ID = st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)
COUNT = st.integers(-1, 10**9 - 1)


def encoded(record):
    return json.dumps(record, ensure_ascii=False).encode()


INTERACTION_LINES = [
    encoded(INTERACTION),
    encoded({**INTERACTION, "book_id": "12", "rating": 0, "is_read": False}),
    encoded({**INTERACTION, "user_id": "é", "review_text_incomplete": "Good"}),
]
BOOK_LINES = [
    encoded(BOOK),
    encoded({"book_id": "12", "work_id": "", "num_pages": "", "authors": []}),
]


def odd_lines(record):
    """Lines of `record` with odd values, and without a key."""
    for key, value in itertools.product(record, VALUES):
        rest = {k: v for k, v in record.items() if k != key}
        yield encoded(rest)
        yield f"{json.dumps(rest)[:-1]}, {json.dumps(key)}: {value}}}".encode()


def check_names_line(message, name, lines, valid):
    """The error is about a line of this file that is none of the valid."""
    found = re.search(rf"[Ll]ine (\d+) of {re.escape(name)} must ", message)
    assert found, message
    check_is_clear(message, name)
    wrong = int(found[1]) - 1
    assert lines[wrong].rstrip(b"\n") not in valid
    return wrong


def interactions_of(lines):
    parsed = parsing.parse_interactions(lines)
    return list(
        zip(
            parsed.user_ids[parsed.user].tolist(),
            parsed.book_ids[parsed.book].tolist(),
            *(parsed.rating.tolist(), parsed.read.tolist()),
            parsed.reviewed.tolist(),
            strict=True,
        )
    )


def reference_interaction(line):
    record = json.loads(line)
    return (
        *(record["user_id"], record["book_id"], record["rating"]),
        *(record["is_read"], record["review_text_incomplete"] != ""),
    )


def check_interactions(lines):
    try:
        rows = interactions_of(lines)
    except ValueError as error:
        wrong = check_names_line(
            str(error), parsing.INTERACTIONS, lines, INTERACTION_LINES
        )
        lines = lines[:wrong]
        rows = interactions_of(lines)
    assert rows == [reference_interaction(line) for line in lines]


def count(text):
    is_count = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_count else -1


def reference_book(line):
    record = json.loads(line)
    authors = [author["author_id"] for author in record.get("authors", [])]
    return record["book_id"], {
        **{name: record.get(name, "") for name in PLAIN_TEXTS},
        "author_id": (authors or [""])[0],
        "series_id": (record.get("series") or [""])[0],
        **{name: count(record.get(name, "")) for name in COUNTS},
    }


def books_of(lines):
    """Texts and counts of every book."""
    books = parsing.parse_books(lines)
    return {
        key: {name: books.columns[name][row] for name in (*TEXTS, *COUNTS)}
        for key, row in books.rows.items()
    }


def check_books(lines):
    try:
        books = books_of(lines)
    except ValueError as error:
        wrong = check_names_line(str(error), parsing.BOOKS, lines, BOOK_LINES)
        lines = lines[:wrong]
        books = books_of(lines)
    expected = {}
    for line in lines:
        key, columns = reference_book(line)
        expected.setdefault(key, columns)
    assert books == expected


def test_odd_value_is_refused_or_read_as_it_stands():
    for odd in odd_lines(INTERACTION):
        check_interactions([odd, INTERACTION_LINES[1]])
    for odd in odd_lines(BOOK):
        check_books([odd, BOOK_LINES[1]])


@FUZZ
@given(faulty_lines(INTERACTION_LINES, b","))
def test_faulty_interaction_is_refused_or_read_as_it_stands(lines):
    check_interactions(lines)


@FUZZ
@given(faulty_lines(BOOK_LINES, b","))
def test_faulty_book_is_refused_or_read_as_it_stands(lines):
    check_books(lines)


@FUZZ
@given(files(b"\n".join(INTERACTION_LINES), b"\n".join(BOOK_LINES)))
def test_any_file_is_refused_or_read_as_it_stands(content):
    check_interactions(lines_of(content))
    check_books(lines_of(content))


@pytest.mark.parametrize(
    "content",
    [
        *encodings(BOOK_LINES[0].decode()),
        *dummy_files("goodreads_poetry").values(),
    ],
)
def test_other_encoding_or_data_set_is_refused(content):
    lines = lines_of(content)
    with pytest.raises(ValueError) as caught:
        parsing.parse_interactions(lines)
    assert (
        check_names_line(str(caught.value), parsing.INTERACTIONS, lines, ())
        == 0
    )
    with pytest.raises(ValueError) as caught:
        parsing.parse_books(lines)
    assert check_names_line(str(caught.value), parsing.BOOKS, lines, ()) == 0


@FUZZ
@given(
    st.lists(
        st.tuples(ID, ID, st.integers(0, 5), st.booleans(), ANY_TEXT),
        max_size=4,
    ),
    st.booleans(),
    st.sampled_from([b"\n", b"\r\n"]),
)
def test_interactions_survive_a_file(rows, ensure_ascii, end):
    keys = ("user_id", "book_id", "rating", "is_read", "review_text_incomplete")
    records = [dict(zip(keys, row, strict=True)) for row in rows]
    texts = [json.dumps(r, ensure_ascii=ensure_ascii) for r in records]
    lines = lines_of(b"".join(text.encode() + end for text in texts))
    expected = [(*row[:-1], row[-1] != "") for row in rows]
    assert interactions_of(lines) == expected


@FUZZ
@given(
    st.dictionaries(
        ID,
        st.fixed_dictionaries(
            dict.fromkeys(TEXTS, ANY_TEXT) | dict.fromkeys(COUNTS, COUNT)
        ),
        max_size=3,
    ),
    st.booleans(),
)
def test_books_survive_a_file(books, ensure_ascii):
    lines = []
    for key, book in books.items():
        record = {"book_id": key, **{n: book[n] for n in TEXTS}}
        record["authors"] = [{"author_id": record.pop("author_id")}]
        record["series"] = [record.pop("series_id"), "other"]
        for name in COUNTS:
            record[name] = "" if book[name] < 0 else str(book[name])
        lines.append(json.dumps(record, ensure_ascii=ensure_ascii).encode())
    assert books_of(lines) == books
