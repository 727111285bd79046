import gzip
import io

import pytest
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
from mutations import taken

from tfds_builders import raw_file
from tfds_builders.tiktok import parsing

NAMES = list(parsing.DTYPES)
LINES = [
    b"73924\t122\t3622962\t98\t84\t0\t1\t0\t-1\t14\t53055000000\t10",
    b"0\t-1\t7\t850308\t461\t4\t0\t1\t89778\t75085\t53086000001\t300",
    b"5\t396\t9\t9\t-1\t1\t0\t0\t3\t8\t53055000000\t1",
]
VALID = b"\n".join([*LINES, b""])


def rows_of(windows):
    """The rows of windows, as tuples of integers."""
    return [
        tuple(map(int, row))
        for columns in windows
        for row in zip(*(columns[name] for name in NAMES), strict=True)
    ]


def reference(line):
    return tuple(map(int, line.decode("ascii").rstrip("\r\n").split("\t")))


def check(content, window_bytes=1 << 20):
    """Every row is its line's; the first line without one is an error."""
    lines = content.split(b"\n")
    lines = lines[:-1] if not lines[-1] else lines
    file = io.BytesIO(content)
    windows, message = taken(parsing.parse_windows(file, window_bytes))
    rows = rows_of(windows)
    if message is None:
        assert len(rows) == len(lines)
    else:
        wrong = int(message.split()[1]) - 1
        check_stops_at(message, parsing.TRAIN, wrong + 1, lines[wrong])
        assert lines[wrong].rstrip(b"\r") not in LINES
        before = b"".join(line + b"\n" for line in lines[:wrong])
        rows = rows_of(parsing.parse_windows(io.BytesIO(before)))
        lines = lines[:wrong]
    assert rows == [reference(line) for line in lines]


def test_odd_value_is_refused_or_read_as_it_stands():
    for odd in odd_columns(LINES[0], b"\t"):
        check(b"\n".join([odd, LINES[1]]))


@FUZZ
@given(faulty_lines(LINES, b"\t"), st.integers(1, 200))
def test_faulty_line_is_refused_or_read_as_it_stands(lines, window_bytes):
    check(b"\n".join(lines), window_bytes)


@FUZZ
@given(files(VALID), st.integers(1, 200))
def test_any_file_is_refused_or_read_as_it_stands(content, window_bytes):
    check(content, window_bytes)


@pytest.mark.parametrize(
    "content",
    [*encodings(VALID.decode()), *dummy_files("tiktok").values()],
)
def test_other_encoding_or_data_set_is_refused(content):
    windows, message = taken(parsing.parse_windows(io.BytesIO(content)))
    assert not windows
    check_is_clear(message, parsing.TRAIN)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("tiktok") / f"{parsing.TRAIN}.gz"


def windows_of(path):
    with raw_file.open_raw(path) as file:
        yield from parsing.parse_windows(file)


@FUZZ
@given(content=faulty_bytes(gzip.compress(VALID, mtime=0)))
def test_faulty_gzip_file_is_refused_or_read_as_it_was(path, content):
    path.write_bytes(content)
    windows, message = taken(windows_of(path))
    if message is None:
        expected = LINES if content else []
        assert rows_of(windows) == [reference(line) for line in expected]
    else:
        check_is_clear(message, parsing.TRAIN)


def test_truncated_gzip_file_is_refused(path):
    whole = gzip.compress(VALID, mtime=0)
    for size in range(1, len(whole)):
        path.write_bytes(whole[:size])
        _, message = taken(windows_of(path))
        check_is_clear(message, parsing.TRAIN)


def row():
    """The row of a line; every value has the digits that its type can hold."""
    small = st.integers(1 - 10**9, 10**9 - 1)
    values = dict.fromkeys(NAMES, small)
    values["time"] = st.integers(1 - 10**18, 10**18 - 1)
    values |= dict.fromkeys(("finish", "like"), st.integers(0, 1))
    return st.tuples(*values.values())


@FUZZ
@given(
    st.lists(row(), max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 200),
)
def test_rows_survive_a_file(rows, end, window_bytes):
    text = "".join("\t".join(map(str, values)) + end for values in rows)
    file = io.BytesIO(text.encode())
    assert rows_of(parsing.parse_windows(file, window_bytes)) == rows
