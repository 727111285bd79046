import html
import io
import zipfile

import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import strategies as st
from mutations import FUZZ
from mutations import check_is_clear
from mutations import check_stops_at
from mutations import dummy_files
from mutations import encodings
from mutations import faulty_bytes
from mutations import faulty_lines
from mutations import files
from mutations import odd_columns

from tfds_builders.book_crossing import parsing

LINES = {
    parsing.RATINGS: [
        '"276725";"034545104X";"0"',
        '"276726";"0155061224";"5"',
        r'"276729";"\"0210000010";"10"',
    ],
    parsing.USERS: [
        '"1";"nyc, new york, usa";NULL',
        '"2";"stockton, california, usa";"18"',
        '"3";"málaga, n/a, spain";"244"',
    ],
    parsing.BOOKS: [
        '"1";"Classical Mythology";"M. Morford";"2002";"OUP";"s";"m";"l"',
        r'"2";"A \"B\" &amp; C";"D. E.";"Gallimard";"";"s";"m";"l"',
        r'"3";"Level 4\";Jane Roe";"2000";"DK";"s";"m";"l"',
    ],
}
PARSE = {
    parsing.RATINGS: parsing.parse_ratings,
    parsing.USERS: parsing.parse_users,
    parsing.BOOKS: parsing.parse_books,
}
NAMES = list(PARSE)
# What ISO-8859-1 cannot carry is written as an entity. Backslashes are dropped,
# and spaces at the ends; after `";` an end could not be told from a separator.
TEXTS = (
    st.text(
        st.one_of(
            st.sampled_from('";&, '),
            st.characters(codec="iso-8859-1", exclude_characters="\n\\"),
            st.characters(
                min_codepoint=0x100,
                max_codepoint=0xFDCF,
                exclude_categories=["Cs"],
            ),
        ),
        max_size=6,
    )
    .map(lambda text: text.strip(" "))
    .filter(lambda text: not text.endswith('";'))
)
PLACES = TEXTS.filter(lambda text: "," not in text and text != "n/a")
ISBNS = TEXTS.map(lambda text: text.strip('" '))
USERS = st.integers(0, 10**12).map(str)
NUMBERS = st.one_of(st.none(), st.integers(0, 10**9 - 1))
ENDS = st.sampled_from(["\n", "\r\n"])


def content_of(name, lines, end="\n"):
    text = end.join([parsing.HEADERS[name], *lines])
    return text.encode("iso-8859-1", "xmlcharrefreplace")


VALID = {name: content_of(name, [*LINES[name], ""]) for name in NAMES}


def lines_of(content):
    """The lines below the header."""
    lines = content.decode("iso-8859-1").rstrip("\r\n").split("\n")
    return [line.removesuffix("\r") for line in lines[1:]]


def cleaned(text):
    text = text.replace("\\", "")
    try:
        return html.unescape(text).strip(" ")
    except ValueError:  # an entity of thousands of digits
        return text.strip(" ")


def integer(text):
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_number else -1


def reference(name, line):
    """A line's key and values; None if it has not the file's columns."""
    line = line.replace('";NULL', '";""') if name == parsing.USERS else line
    fields = line[1:-1].split('";"')
    if name == parsing.BOOKS and len(fields) == 7:
        # The title has swallowed a separator.
        fields[1:2] = fields[1].rsplit('\\";', 1)
    count = parsing.HEADERS[name].count(";") + 1
    if len(fields) != count or not line[0] == line[-1] == '"':
        return None
    key, *values = map(cleaned, fields)
    if name == parsing.BOOKS:
        values[2] = integer(values[2])
        return key.strip('" '), tuple(values)
    if not (key.isascii() and key.isdigit()):
        return None
    if name == parsing.RATINGS:
        return key, values[0].strip('" '), int(values[1])
    if values[1] and not values[1].isdigit():
        return None
    return key, (values[0], integer(values[1]))


def check_ratings(content):
    name, lines = parsing.RATINGS, lines_of(content)
    try:
        ratings = parsing.parse_ratings(content)
    except ValueError as error:
        wrong = int(str(error).split()[1]) - 2
        check_stops_at(str(error), name, wrong + 2, lines[wrong])
        assert lines[wrong] not in LINES[name]
        lines = lines[:wrong]
        ratings = parsing.parse_ratings(content_of(name, lines))
    assert ratings == [reference(name, line) for line in lines]


def check_metadata(name, content):
    """All lines with the file's columns are read, the first of each key."""
    parsed = PARSE[name](content)
    is_users = name == parsing.USERS
    columns = ("location", "age") if is_users else tuple(parsing.MISSING_BOOK)
    expected = {}
    for line in lines_of(content):
        if line and reference(name, line):
            key, values = reference(name, line)
            expected.setdefault(key, dict(zip(columns, values, strict=True)))
    assert expected == {
        key: {column: record[column] for column in columns}
        for key, record in parsed.items()
    }


def check(name, content):
    header = content.partition(b"\n")[0].rstrip(b"\r")
    if is_utf8(content) or header.decode("iso-8859-1") != parsing.HEADERS[name]:
        with pytest.raises(ValueError) as caught:
            PARSE[name](content)
        check_is_clear(str(caught.value), name)
    elif name == parsing.RATINGS:
        check_ratings(content)
    else:
        check_metadata(name, content)


def is_utf8(content):
    try:
        return not content.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize("name", NAMES)
def test_odd_value_is_refused_or_read_as_it_stands(name):
    for line in LINES[name]:
        for odd in odd_columns(line.encode(), b'";"'):
            lines = [odd.decode(), LINES[name][0]]
            check(name, content_of(name, lines))


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_faulty_line_is_refused_or_read_as_it_stands(name, data):
    separator = data.draw(st.sampled_from([b'";"', b";"]))
    lines = [line.encode("iso-8859-1") for line in LINES[name]]
    drawn = data.draw(faulty_lines(lines, separator))
    check(name, b"\n".join([parsing.HEADERS[name].encode(), *drawn]))


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_any_file_is_refused_or_read_as_it_stands(name, data):
    check(name, data.draw(files(VALID[name])))


@pytest.mark.parametrize("name", NAMES)
def test_other_encoding_is_refused(name):
    text = f"{VALID[name].decode('iso-8859-1')}\xe4"
    for content in [text.encode(), *encodings(text)]:
        with pytest.raises(ValueError) as caught:
            PARSE[name](content)
        check_is_clear(str(caught.value), name)


@pytest.mark.parametrize("content", dummy_files("book_crossing").values())
@pytest.mark.parametrize("name", NAMES)
def test_file_of_another_data_set_is_refused(name, content):
    with pytest.raises(ValueError) as caught:
        PARSE[name](content)
    check_is_clear(str(caught.value), name)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return tmp_path_factory.mktemp("bx") / parsing.ARCHIVE


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in VALID.items():
            opened.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


def check_archive(archive, content):
    archive.write_bytes(content)
    try:
        assert parsing.read_files(archive.parent) == VALID
    except (ValueError, FileNotFoundError) as error:
        check_is_clear(str(error), parsing.ARCHIVE)


@FUZZ
@given(content=faulty_bytes(zipped()))
def test_faulty_archive_is_refused_or_read_as_it_was(archive, content):
    check_archive(archive, content)


def test_flipped_bit_in_an_archive_is_refused_or_of_no_effect(archive):
    whole = zipped()
    for place in range(len(whole)):
        flipped = whole[place] ^ 1 << place % 8
        check_archive(
            archive, whole[:place] + bytes([flipped]) + whole[place + 1 :]
        )


def test_truncated_archive_is_refused(archive):
    whole = zipped()
    for size in range(len(whole)):
        archive.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="complete zip file"):
            parsing.read_files(archive.parent)


def quoted(text):
    escaped = html.escape(str(text), quote=False).replace('"', r"\"")
    return f'"{escaped}"'


def content_of_rows(name, rows, end):
    content = content_of(name, [";".join(row) for row in rows] + [""], end)
    assume(not is_utf8(content))  # by chance, as a short text may be
    return content


@FUZZ
@given(st.lists(st.tuples(USERS, ISBNS, st.integers(0, 10)), max_size=4), ENDS)
def test_ratings_survive_a_file(ratings, end):
    rows = [map(quoted, rating) for rating in ratings]
    content = content_of_rows(parsing.RATINGS, rows, end)
    assert parsing.parse_ratings(content) == ratings


@FUZZ
@given(
    st.dictionaries(
        USERS,
        st.tuples(st.lists(PLACES, min_size=3, max_size=4), NUMBERS),
        max_size=3,
    ),
    ENDS,
)
def test_users_survive_a_file(users, end):
    rows = [
        (quoted(k), quoted(", ".join(p)), "NULL" if a is None else quoted(a))
        for k, (p, a) in users.items()
    ]
    parsed = parsing.parse_users(content_of_rows(parsing.USERS, rows, end))
    assert list(parsed) == list(users)
    for key, (places, age) in users.items():
        assert parsed[key]["location"] == ", ".join(places).strip(" ")
        assert parsed[key]["city"] == ", ".join(filter(None, places[:-2]))
        assert [parsed[key][n] for n in ("state", "country")] == places[-2:]
        assert parsed[key]["age"] == (-1 if age is None else age)


@FUZZ
@given(
    st.dictionaries(
        ISBNS,
        st.tuples(
            *(TEXTS, TEXTS, st.integers(0, 10**9 - 1)),
            *(TEXTS, TEXTS, TEXTS, TEXTS),
        ),
        max_size=3,
    ),
    ENDS,
)
def test_books_survive_a_file(books, end):
    rows = [map(quoted, (isbn, *values)) for isbn, values in books.items()]
    parsed = parsing.parse_books(content_of_rows(parsing.BOOKS, rows, end))
    read = {isbn: tuple(book.values()) for isbn, book in parsed.items()}
    assert read == books
