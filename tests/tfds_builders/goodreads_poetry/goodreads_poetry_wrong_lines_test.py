"""Lines that are none of Goodreads are refused by their numbers."""

import json
import re

import numpy as np
import pytest
from goodreads_lines import BOOK
from goodreads_lines import INTERACTION
from goodreads_lines import lines
from goodreads_lines import without

from tfds_builders.goodreads_poetry import parsing

NO_OBJECT = [
    b"\n",
    b"[]\n",
    b"null\n",
    b'"text"\n',
    b"{'user_id': 1}\n",
    b"user_id,book_id,is_read,rating,is_reviewed\n",
    lines(INTERACTION)[0][:40],
    lines(INTERACTION)[0].replace(b"\n", b"{}\n"),
    json.dumps(INTERACTION).encode("utf-16"),
    b"\xef\xbb\xbf" + lines(INTERACTION)[0],
    b'{"user_id": "\xff"}\n',
    b"[" * 100_000,
    b'{"rating": ' + b"9" * 5000 + b"}\n",
]


@pytest.mark.parametrize("line", NO_OBJECT)
@pytest.mark.parametrize(
    ("parse", "file", "good"),
    [
        (parsing.parse_interactions, parsing.INTERACTIONS, INTERACTION),
        (parsing.parse_books, parsing.BOOKS, BOOK),
    ],
)
def test_line_that_is_no_object_is_named(parse, file, good, line):
    shown = re.escape(f"Received: line={line[:200]!r}")
    message = f"^Line 2 of {file} must be one JSON object in UTF-8. {shown}$"
    with pytest.raises(ValueError, match=message):
        parse([*lines(good), line, *lines(good)])


WRONG_VALUES = {
    "user_id": [None, "", 7, "\ud83d"],
    "book_id": [None, "", 7, ["1"]],
    "is_read": [None, 1, "true", 0.0],
    "rating": [None, 6, -1, "5", 4.0, True],
    "review_text_incomplete": [None, False, ["x"]],
}


@pytest.mark.parametrize(
    ("key", "value"),
    [(key, value) for key, values in WRONG_VALUES.items() for value in values],
)
def test_wrong_interaction_is_named(key, value):
    shown = re.escape(f"Received: {key}={value!r}, in an object with the keys")
    message = rf"^`{key}` in line 2 of {parsing.INTERACTIONS} must be .*{shown}"
    with pytest.raises(ValueError, match=message):
        parsing.parse_interactions(
            lines(INTERACTION, INTERACTION | {key: value})
        )


@pytest.mark.parametrize("key", INTERACTION)
def test_missing_key_of_an_interaction_is_named(key):
    with pytest.raises(ValueError, match=rf"^`{key}` in line 1 .*{key}=None"):
        parsing.parse_interactions(lines(without(INTERACTION, key)))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("book_id", ""),
        ("book_id", 7),
        ("work_id", None),
        ("title", None),
        ("title", "\udc00"),
        ("num_pages", 56),
        ("series", ""),
        ("series", [5]),
        ("authors", {}),
        ("authors", ["7"]),
        ("authors", [{"role": ""}]),
        ("authors", [{"author_id": 7}]),
    ],
)
def test_wrong_book_is_named(key, value):
    message = rf"^`{key}` in line 2 of {parsing.BOOKS} must be "
    with pytest.raises(ValueError, match=message):
        parsing.parse_books(lines(BOOK, BOOK | {key: value}))


def test_exchanged_files_are_refused():
    with pytest.raises(ValueError, match="`work_id` in line 1"):
        parsing.parse_books(lines(INTERACTION))
    with pytest.raises(ValueError, match="`user_id` in line 1"):
        parsing.parse_interactions(lines(BOOK))


def test_mutated_lines_are_read_or_refused_by_number():
    rng = np.random.default_rng(0)
    outcomes = []
    for _ in range(300):
        line = bytearray(lines(INTERACTION)[0])
        for at in rng.integers(len(line), size=rng.integers(1, 3)):
            line[at] = rng.choice(list(b'0a"{}\\:, \xff'))
        try:
            rows = len(parsing.parse_interactions([bytes(line)]))
        except ValueError as error:
            assert "ine 1 of goodreads_interactions" in str(error)
            rows = 0
        outcomes.append(rows)
    assert set(outcomes) == {0, 1}
