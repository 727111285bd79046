import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import FUZZ
from mutations import check_is_clear
from mutations import check_rows
from mutations import dummy_files
from mutations import encodings
from mutations import faulty_lines
from mutations import files
from mutations import lines_of
from mutations import odd_columns
from mutations import taken

from tfds_builders.aliexpress import parsing

NAME = "AliExpress_NL/train.csv"
HEADER = ",".join(parsing.COLUMNS).encode()
RECORD = {
    "search_id": st.integers(0, 10**18 - 1),
    "categoricals": st.dictionaries(
        st.sampled_from(parsing.CATEGORICALS),
        st.integers(1 - 10**9, 10**9 - 1),
        max_size=3,
    ),
    "numericals": st.dictionaries(
        st.sampled_from(parsing.NUMERICALS),
        st.floats(width=32, allow_nan=False, allow_infinity=False),
        max_size=3,
    ),
    "labels": st.sampled_from([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]),
}


def line(**changes):
    columns = dict.fromkeys(parsing.COLUMNS, "0") | changes
    return ",".join(columns.values()).encode()


LINES = [
    line(search_id="12", categorical_1="9", numerical_63="0.5"),
    line(search_id="7", categorical_16="-3", numerical_1="1e-05"),
    line(search_id="7", numerical_2="-27", click="1"),
    line(search_id="10", click="1", conversion="1"),
]
VALID = b"\n".join([HEADER, *LINES, b""])


def reference(text):
    values = text.decode("ascii").rstrip("\r\n").split(",")
    row = dict(zip(parsing.COLUMNS, values, strict=True))
    numbers = [float(row[name]) for name in parsing.NUMERICALS]
    assert np.isfinite(np.float32(numbers)).all()  # as they are stored
    return {
        "search_id": int(row["search_id"]),
        **{name: int(row[name]) for name in parsing.CATEGORICALS},
        "numerical": numbers,
        **{name: float(row[name]) for name in parsing.LABELS},
    }


def check(lines):
    records = parsing.parse_lines(NAME, [HEADER, *lines])
    check_rows(records, lines, reference, NAME, first=2, valid=LINES)


def check_refused(content):
    records, message = taken(parsing.parse_lines(NAME, lines_of(content)))
    assert not records
    check_is_clear(message, NAME)


@FUZZ
@given(faulty_lines(LINES, b","))
def test_faulty_line_is_refused_or_read_as_it_stands(lines):
    check(lines)


def test_odd_value_is_refused_or_read_as_it_stands():
    for text in odd_columns(LINES[1], b","):
        check([text])


@FUZZ
@given(files(VALID))
def test_any_file_is_refused_or_read_as_it_stands(content):
    header, *lines = lines_of(content) or [b""]
    if header.rstrip(b"\r\n") == HEADER:
        check(lines)
    else:
        check_refused(content)


@pytest.mark.parametrize("content", encodings(VALID.decode()))
def test_other_encoding_is_refused(content):
    check_refused(content)


@pytest.mark.parametrize("content", dummy_files("aliexpress").values())
def test_file_of_another_data_set_is_refused(content):
    check_refused(content)


def written(row):
    """The record of what was drawn, and its line."""
    zeros = dict.fromkeys(parsing.NUMERICALS, 0.0)
    numbers = zeros | row["numericals"]
    labels = dict(zip(parsing.LABELS, row["labels"], strict=True))
    record = {
        **dict.fromkeys(parsing.CATEGORICALS, 0),
        **row["categoricals"],
        "search_id": row["search_id"],
        "numerical": list(numbers.values()),
        **labels,
    }
    integers = {n: v for n, v in record.items() if n != "numerical"}
    texts = {n: str(int(v)) for n, v in integers.items()}
    return record, line(**texts, **{n: repr(v) for n, v in numbers.items()})


@FUZZ
@given(
    st.lists(st.fixed_dictionaries(RECORD), max_size=3),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
)
def test_records_survive_a_file(rows, end, ends_last):
    records, lines = zip(*map(written, rows), strict=True) if rows else ((), ())
    content = end.join([HEADER, *lines]) + end * ends_last
    assert list(parsing.parse_lines(NAME, lines_of(content))) == [*records]
