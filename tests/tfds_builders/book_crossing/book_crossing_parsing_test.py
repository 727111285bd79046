import logging
import os
import pathlib
import re
import zipfile

import numpy as np
import pytest

from tfds_builders.book_crossing import cleaning
from tfds_builders.book_crossing import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"


def content(name, *lines):
    text = "\r\n".join([parsing.HEADERS[name], *lines, ""])
    return text.encode("iso-8859-1")


def book(*fields, isbn="1"):
    """The book of a line made of `fields` and empty ones up to eight."""
    fields = [isbn, *fields, *[""] * (7 - len(fields))]
    line = ";".join(f'"{field}"' for field in fields)
    return parsing.parse_books(content(parsing.BOOKS, line))[isbn]


def user(location="", age="NULL"):
    line = f'"7";"{location}";{age}'
    return parsing.parse_users(content(parsing.USERS, line))["7"]


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / parsing.ARCHIVE
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name in parsing.HEADERS:
            opened.write(DUMMY_DATA / name, f"BX-CSV-Dump/{name}")
    return path


def test_archive_and_extracted_files_read_the_same(archive):
    extracted = parsing.read_files(DUMMY_DATA)
    assert set(extracted) == set(parsing.HEADERS)
    assert parsing.read_files(archive.parent) == extracted


def test_dummy_data_has_the_original_bytes():
    extracted = parsing.read_files(DUMMY_DATA)
    assert all(file.count(b"\r\n") > 1 for file in extracted.values())
    with pytest.raises(UnicodeDecodeError):
        extracted[parsing.USERS].decode("utf-8")


@pytest.mark.parametrize("name", parsing.HEADERS)
def test_missing_file_is_named(tmp_path, name):
    for other in set(parsing.HEADERS) - {name}:
        (tmp_path / other).write_bytes(content(other))
    message = rf"Missing: \['{name}'\].*{re.escape(str(tmp_path))}"
    with pytest.raises(FileNotFoundError, match=message) as caught:
        parsing.read_files(tmp_path)
    assert parsing.HOW_TO_GET in str(caught.value)


def test_archive_without_a_table_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / parsing.ARCHIVE, "w") as opened:
        opened.writestr(parsing.USERS, content(parsing.USERS))
    with pytest.raises(FileNotFoundError, match=parsing.RATINGS):
        parsing.read_files(tmp_path)


@pytest.mark.parametrize("damage", ["truncated", "overwritten"])
def test_damaged_archive_is_refused(archive, damage):
    whole = bytearray(archive.read_bytes())
    if damage == "truncated":
        whole = whole[: len(whole) // 2]
    else:
        whole[60:90] = bytes(30)
    archive.write_bytes(whole)
    message = f"complete zip file.*Received: {re.escape(str(archive))}"
    with pytest.raises(ValueError, match=message):
        parsing.read_files(archive.parent)


@pytest.mark.parametrize(
    ("parse", "name"),
    [
        (parsing.parse_users, parsing.USERS),
        (parsing.parse_books, parsing.BOOKS),
        (parsing.parse_ratings, parsing.RATINGS),
    ],
)
@pytest.mark.parametrize("file", [b"", b"User-ID,ISBN,Book-Rating\n1,2,3\n"])
def test_other_file_is_refused(parse, name, file):
    with pytest.raises(ValueError, match=f"{name} must be a Book-Crossing"):
        parse(file)


@pytest.mark.parametrize(
    ("parse", "name"),
    [
        (parsing.parse_users, parsing.USERS),
        (parsing.parse_books, parsing.BOOKS),
        (parsing.parse_ratings, parsing.RATINGS),
    ],
)
def test_file_in_utf8_is_refused(parse, name):
    file = content(name) + '"J\xf6rg"'.encode()
    with pytest.raises(ValueError, match=f"{name} must be in ISO-8859-1"):
        parse(file)


def test_ratings_keep_order_and_repeated_pairs():
    lines = ['"7";"a";"0"', '"3";"b";"10"', '"7";"a";"5"', '"7";"a";"0"']
    ratings = parsing.parse_ratings(content(parsing.RATINGS, *lines))
    assert ratings == [("7", "a", 0), ("3", "b", 10), ("7", "a", 5)] + [
        ("7", "a", 0)
    ]


def test_lines_may_end_in_line_feeds_alone():
    file = content(parsing.RATINGS, '"7";"a";"0"', '"3";"b";"10"')
    unix = file.replace(b"\r\n", b"\n")
    assert parsing.parse_ratings(unix) == parsing.parse_ratings(file)


def test_last_line_needs_no_line_end():
    file = content(parsing.RATINGS, '"7";"a";"0"').rstrip()
    assert parsing.parse_ratings(file) == [("7", "a", 0)]


@pytest.mark.parametrize(
    ("raw", "isbn"),
    [
        (r"\"0210000010", "0210000010"),
        (r"\"0432534220\\"[:-1], "0432534220"),
        (" 9022906116", "9022906116"),
        ("2.02.032126.2", "2.02.032126.2"),
        ("259/195083", "259/195083"),
        ("0553248987>>2", "0553248987>>2"),
        ("x&amp;y", "x&y"),
        ("01402.5448x", "01402.5448x"),
    ],
)
def test_isbn_is_cleaned_in_ratings_and_books(raw, isbn):
    ratings = content(parsing.RATINGS, f'"7";"{raw}";"8"')
    assert parsing.parse_ratings(ratings) == [("7", isbn, 8)]
    books = content(parsing.BOOKS, f'"{raw}"' + ';""' * 7)
    assert list(parsing.parse_books(books)) == [isbn]


@pytest.mark.parametrize(
    "line",
    [
        "",
        '"7";"a"',
        '"7";"a";"11"',
        '"7";"a";"-1"',
        '"7";"a";NULL',
        '"u";"a";"1"',
        '"7";"a";"1";"2"',
        '"7";"a";"1',
    ],
)
def test_malformed_rating_is_an_error_that_names_the_line(line):
    file = content(parsing.RATINGS, '"7";"a";"0"', line, '"7";"b";"0"')
    message = f"Line 3 of {parsing.RATINGS} .*{re.escape(f'line={line!r}')}"
    with pytest.raises(ValueError, match=message):
        parsing.parse_ratings(file)


def test_long_malformed_line_is_shown_in_part():
    with pytest.raises(ValueError) as caught:
        parsing.parse_ratings(content(parsing.RATINGS, "x" * 999))
    assert str(caught.value).endswith("line=" + repr("x" * 200))


def test_user_columns():
    assert user("málaga, n/a, spain", '"34"') == {
        "age": 34,
        "age_bucket": "25-34",
        "location": "málaga, n/a, spain",
        "city": "málaga",
        "state": "",
        "country": "spain",
    }
    assert list(user()) == list(parsing.MISSING_USER)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        ("NULL", -1),
        ('""', -1),
        ('"0"', 0),
        ('"244"', 244),
        ('"9999999999"', -1),
    ],
)
def test_age_is_kept_as_entered(age, expected):
    assert user(age=age)["age"] == expected


def test_age_buckets_against_their_definition():
    def expected(age):
        if age == -1:
            return ""
        if age < 5 or age > 99:
            return "implausible"
        if age < 13:
            return "under 13"
        for first, last in [(13, 17), (18, 24), (25, 34), (35, 44)] + [
            (45, 54),
            (55, 64),
            (65, 99),
        ]:
            if first <= age <= last:
                return f"{first}-{last}"

    for age in range(-1, 260):
        assert cleaning.age_bucket(age) == expected(age)


@pytest.mark.parametrize(
    ("location", "parts"),
    [
        (r"lisboa, \n/a\, portugal", ("lisboa", "", "portugal")),
        (r"copenhagen, \n/a\,", ("copenhagen", "", "")),
        ("n/a, n/a, n/a", ("", "", "")),
        ("washington, d.c., dc, usa", ("washington, d.c.", "dc", "usa")),
        ("new york,, new york, usa", ("new york", "new york", "usa")),
        ("paris, ile de france", ("paris", "ile de france", "")),
        ("paris", ("paris", "", "")),
        ("", ("", "", "")),
        ("&#321;ód&#378;, lodzkie, poland", ("Łódź", "lodzkie", "poland")),
    ],
)
def test_location_is_split(location, parts):
    columns = user(location)
    assert (columns["city"], columns["state"], columns["country"]) == parts


def test_book_columns():
    fields = ("T", "A", "1999", "P", "s.jpg", "m.jpg", "l.jpg")
    assert book(*fields) == {
        "title": "T",
        "author": "A",
        "year": 1999,
        "publisher": "P",
        "image_url_s": "s.jpg",
        "image_url_m": "m.jpg",
        "image_url_l": "l.jpg",
    }


@pytest.mark.parametrize(
    ("year", "expected"),
    [("0", 0), ("2050", 2050), ("Gallimard", -1), ("", -1), ("²", -1)]
    + [("&#1635;", -1)],  # a digit of another script
)
def test_year_is_kept_and_a_word_is_missing(year, expected):
    assert book("T", "A", year)["year"] == expected


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        (r"Salt &amp; \"Pepper\"", 'Salt & "Pepper"'),
        (r"\"Quoted\"", '"Quoted"'),
        (r"The Word \Desire\'", "The Word Desire'"),
        ("One; Two ; Three", "One; Two ; Three"),
        (" spaces ", "spaces"),
        ("next\x85line and hard space\xa0", "next\x85line and hard space\xa0"),
        ("Jörg", "Jörg"),
        ("&amp; &#" + "9" * 5000, "&amp; &#" + "9" * 5000),
    ],
)
def test_title_is_cleaned(raw, title):
    assert book(raw, "A")["title"] == title
    assert book(raw, "A")["author"] == "A"


def test_swallowed_separator_is_repaired():
    line = r'"1";"Reading (Level 4)\";Jane Roe";"2000";"DK";"s";"m";"l"'
    books = parsing.parse_books(content(parsing.BOOKS, line))
    columns = ("Reading (Level 4)", "Jane Roe", 2000, "DK", "s", "m", "l")
    assert tuple(books["1"].values()) == columns


def test_malformed_metadata_is_counted_and_left_out(caplog):
    good_user, good_book = '"7";"x, y, z";"9"', '"1"' + ';""' * 7
    users = ["", '"7"', '"7";"x, y', 'z";NULL', '"7";"x";"1";"2"']
    users += ['"7";"x";NULL;NULL', '"7";"x";NULL";NULL', good_user]
    books = ['"2";"seven"' + ';""' * 5, "2;bare" + ";" * 6, '"', good_book]
    with caplog.at_level(logging.WARNING):
        assert list(parsing.parse_users(content(parsing.USERS, *users))) == [
            "7"
        ]
        assert list(parsing.parse_books(content(parsing.BOOKS, *books))) == [
            "1"
        ]
    assert [record.getMessage() for record in caplog.records] == [
        f"{name}: {count} malformed lines left out; their columns are missing."
        for name, count in [(parsing.USERS, 7), (parsing.BOOKS, 3)]
    ]


def test_first_of_repeated_users_and_books_is_kept():
    users = content(parsing.USERS, '"7";"a";"1"', '"7";"b";"2"')
    assert parsing.parse_users(users)["7"]["location"] == "a"
    books = [f'"1";"{title}"' + ';""' * 6 for title in "ab"]
    assert (
        parsing.parse_books(content(parsing.BOOKS, *books))["1"]["title"] == "a"
    )


@pytest.mark.parametrize(
    ("score", "rated", "satisfied"),
    [(0, 0, 0), (1, 1, 0), (9, 1, 0), (10, 1, 1)],
)
def test_labels(score, rated, satisfied):
    row = parsing.join(("7", "1", score), {}, {})
    assert (row["rating"], row["rated"], row["satisfied"]) == (
        score,
        rated,
        satisfied,
    )


def test_join_keeps_ratings_of_unlisted_users_and_books():
    users, books = {"7": user("a, b, c")}, {"1": book("T")}
    row = parsing.join(("7", "1", 5), users, books)
    assert (row["city"], row["title"]) == ("a", "T")
    row = parsing.join(("8", "2", 5), users, books)
    assert (row["user_id"], row["isbn"]) == ("8", "2")
    assert {k: row[k] for k in parsing.MISSING_USER} == parsing.MISSING_USER
    assert {k: row[k] for k in parsing.MISSING_BOOK} == parsing.MISSING_BOOK


@pytest.mark.parametrize(
    ("num_rows", "sizes"),
    [
        (1_149_780, (800_000, 200_000, 149_780)),
        (236_556, (164_592, 41_148, 30_816)),
        (12, (8, 2, 2)),
    ],
)
def test_splits_partition_the_rows_in_the_papers_proportions(num_rows, sizes):
    splits = parsing.split_rows(num_rows)
    assert list(splits) == ["train", "valid", "test"]
    assert tuple(len(rows) for rows in splits.values()) == sizes
    rows = np.concatenate(list(splits.values()))
    np.testing.assert_array_equal(np.sort(rows), np.arange(num_rows))


def test_splits_are_shuffled_and_fixed():
    splits = {
        name: rows.tolist() for name, rows in parsing.split_rows(12).items()
    }
    assert splits == {
        "train": [9, 2, 7, 4, 5, 11, 0, 3],
        "valid": [6, 10],
        "test": [8, 1],
    }


@pytest.mark.real_data
def test_published_rows():
    raw_dir = os.environ.get("MTNAS_RAW_DIR")
    if not raw_dir:
        pytest.skip("MTNAS_RAW_DIR is not set")
    files = parsing.read_files(pathlib.Path(raw_dir) / "book_crossing")
    raw_isbns = re.findall(rb'(?m)^"\d+";"(.*)";', files[parsing.RATINGS])
    ratings = parsing.parse_ratings(files[parsing.RATINGS])
    users = parsing.parse_users(files[parsing.USERS])
    books = parsing.parse_books(files[parsing.BOOKS])
    rows = [parsing.join(rating, users, books) for rating in ratings]
    labels = np.array([(row["rated"], row["satisfied"]) for row in rows])

    assert len(rows) == 236_556
    assert labels[:, 0].sum() == 93_263
    assert np.corrcoef(labels.T)[0, 1] == pytest.approx(0.34, abs=0.005)
    assert len({row["user_id"] for row in rows}) == 21_756
    assert len(set(raw_isbns)) == 120_536
    # One pair of ISBNs differs in a stray quote alone.
    assert len({row["isbn"] for row in rows}) == 120_535
    assert (len(users), len(books)) == (21_652, 27_180)
    assert np.mean([row["title"] != "" for row in rows]) == pytest.approx(
        0.52, abs=0.005
    )
    assert max(row["age"] for row in rows) == 244
