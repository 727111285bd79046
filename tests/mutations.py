"""Raw files with faults, drawn by Hypothesis, and checks of their parsers."""

import io
import itertools
import pathlib
import re

import hypothesis
from hypothesis import strategies as st

import tfds_builders

BUILDERS = pathlib.Path(tfds_builders.__file__).parent

# Every run draws the same examples, and keeps none.
FUZZ = hypothesis.settings(
    deadline=None, derandomize=True, database=None, max_examples=150
)

# Values that a careless parser takes for another one.
VALUES = (
    *("", " ", "0", "1", "-1", "+1", "2", "01", "1.0", "1.", "1_0", "0x1"),
    *("nan", "inf", "1e5", "1e39", "1e999", "9" * 10, "9" * 19, "9" * 5000),
    *("NULL", "?", "-", "True", '"', '""', '"1"', '"1', 'a"b', "1\r", "\0"),
    *("\u0663", "\u00b2", "\u2028", "\ufeff1", "&#" + "9" * 5000 + ";"),
)


def lines_of(content):
    """The lines as a file opened in binary mode gives them."""
    return list(io.BytesIO(content))


def faulty_bytes(content):
    """`content` with up to three faults anywhere; it may be truncated."""
    return st.lists(_byte_fault(), min_size=1, max_size=3).map(
        lambda faults: _apply(faults, content)
    )


def faulty_columns(line, separator):
    """`line` with up to three columns lost, added, changed or swapped."""
    return st.lists(_column_fault(), min_size=1, max_size=3).map(
        lambda faults: separator.join(_apply(faults, line.split(separator)))
    )


@st.composite
def faulty_lines(draw, lines, separator):
    """`lines`, without line ends, one of which has faults or is repeated."""
    lines = list(lines)
    place = draw(st.integers(0, len(lines) - 1))
    line = lines[place]
    faulty = st.one_of(
        faulty_columns(line, separator),
        faulty_bytes(line),
        st.sampled_from(encodings(line.decode("utf-8", "replace"))),
    )
    lines[place] = draw(st.one_of(faulty, st.sampled_from(lines)))
    # A fault may have made two lines of it.
    return [line.removesuffix(b"\n") for line in lines_of(b"\n".join(lines))]


def files(*valid):
    """Any bytes, those of the valid files with faults, and parts of these."""
    header = [content.partition(b"\n")[0] + b"\n" for content in valid]
    tail = st.binary(max_size=60)
    return st.one_of(
        tail,
        st.tuples(st.sampled_from(header), tail).map(b"".join),
        *(faulty_bytes(content) for content in valid),
    )


def encodings(text):
    """A text in other encodings than a file's."""
    names = ("utf-16", "utf-16-be", "utf-32-le", "utf-8-sig", "cp500")
    return [text.encode(name, "replace") for name in names]


def odd_columns(line, separator):
    """`line` with each of the odd values in each of its columns."""
    values = line.split(separator)
    for place, value in itertools.product(range(len(values)), VALUES):
        yield separator.join(_replace(values, place, value.encode()))


def dummy_files(name):
    """Bytes of the dummy files of all data sets but `name`, by path."""
    paths = sorted(BUILDERS.glob("*/dummy_data/**/*"))
    return {
        str(path.relative_to(BUILDERS)): path.read_bytes()
        for path in paths
        if path.is_file() and path.relative_to(BUILDERS).parts[0] != name
    }


def taken(records):
    """Records up to the first ValueError, and its message or None."""
    taken_records = []
    try:
        for record in records:
            taken_records.append(record)
    except ValueError as error:
        return taken_records, str(error)
    return taken_records, None


def check_rows(records, lines, reference, name, first=1, valid=()):
    """Every record is its line's; the first line without one is an error.

    Args:
        records: iterable, what the parser makes of `lines`.
        lines: list of bytes.
        reference: line -> record, without any check.
        name: string. The file's name in errors.
        first: int. Number of the first line.
        valid: lines that no error may be about, without their line ends.
    """
    read, message = taken(records)
    assert read == [reference(line) for line in lines[: len(read)]]
    if message is None:
        assert len(read) == len(lines)
    else:
        wrong = lines[len(read)]
        assert wrong.rstrip(b"\r\n") not in valid
        check_stops_at(message, name, first + len(read), wrong)


def check_stops_at(message, name, number, line):
    """The error is about this line of this file, and shows it."""
    found = re.match(rf"Line (\d+) of {re.escape(name)} must ", message)
    assert found, message
    assert int(found[1]) == number
    assert message.endswith(f"Received: line={line[:200]!r}")


def check_is_clear(message, *names):
    """The error names one of the files, states a rule and what it got."""
    assert any(name in message for name in names), message
    assert " must " in message and "Received: " in message, message


def _byte_fault():
    places = st.floats(0, 1, exclude_max=True)
    return st.one_of(
        st.tuples(st.just(_flip), places, st.integers(1, 255)),
        st.tuples(st.just(_cut), places, st.integers(1, 40)),
        st.tuples(st.just(_truncate), places, st.none()),
        st.tuples(st.just(_insert), places, st.binary(min_size=1, max_size=4)),
        st.tuples(
            st.just(_insert),
            places,
            st.sampled_from(
                [b"\n", b"\r\n", b"\r", b",", b'"', b"\0", b"\xff"]
            ),
        ),
        st.tuples(st.just(_repeat), places, st.integers(1, 40)),
    )


def _column_fault():
    places = st.floats(0, 1, exclude_max=True)
    values = st.one_of(st.sampled_from(VALUES), st.text(max_size=4)).map(
        lambda text: text.encode("utf-8", "replace")
    )
    return st.one_of(
        st.tuples(st.just(_replace), places, values),
        st.tuples(st.just(_insert_value), places, values),
        st.tuples(st.just(_cut), places, st.just(1)),
        st.tuples(st.just(_repeat), places, st.just(1)),
        st.tuples(st.just(_swap), places, places),
    )


def _apply(faults, sequence):
    for fault, place, argument in faults:
        if sequence:
            at = int(place * len(sequence))
            sequence = fault(sequence, at, argument)
    return sequence


def _flip(content, at, bits):
    return content[:at] + bytes([content[at] ^ bits]) + content[at + 1 :]


def _cut(sequence, at, length):
    return sequence[:at] + sequence[at + length :]


def _truncate(content, at, _):
    return content[:at]


def _insert(content, at, piece):
    return content[:at] + piece + content[at:]


def _repeat(sequence, at, length):
    return sequence[: at + length] + sequence[at:]


def _replace(values, at, value):
    return [*values[:at], value, *values[at + 1 :]]


def _insert_value(values, at, value):
    return [*values[:at], value, *values[at:]]


def _swap(values, at, place):
    values = list(values)
    other = int(place * len(values))
    values[at], values[other] = values[other], values[at]
    return values
