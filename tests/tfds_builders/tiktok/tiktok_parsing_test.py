import io
import os
import pathlib
import re

import numpy as np
import pytest

from tfds_builders import raw_file
from tfds_builders.tiktok import parsing

DUMMY = pathlib.Path(parsing.__file__).parent / "dummy_data" / parsing.TRAIN
LINE = b"1\t-1\t3\t4\t5\t0\t0\t1\t-1\t10\t53086000001\t12\n"
NAMES = list(parsing.DTYPES)


def changed(column, value):
    fields = LINE.rstrip().split(b"\t")
    fields[NAMES.index(column)] = value
    return b"\t".join(fields) + b"\n"


def rows_of(columns):
    return list(zip(*(columns[name].tolist() for name in NAMES), strict=True))


def test_columns_of_a_line():
    columns = parsing.parse_window(LINE)
    assert rows_of(columns) == [(1, -1, 3, 4, 5, 0, 0, 1, -1, 10, 53086000001)
                                + (12,)]  # fmt: skip
    assert list(columns) == NAMES
    dtypes = {name: values.dtype for name, values in columns.items()}
    assert dtypes == {k: np.dtype(v) for k, v in parsing.DTYPES.items()}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("uid", 999_999_999),
        ("uid", -999_999_999),
        ("time", 10**18 - 1),
        ("duration_time", 0),
        ("finish", 1),
    ],
)
def test_limits_fit(column, value):
    columns = parsing.parse_window(changed(column, str(value).encode()))
    assert columns[column].tolist() == [value]


@pytest.mark.parametrize(
    "content", [LINE * 3, (LINE * 3)[:-1], (LINE * 3).replace(b"\n", b"\r\n")]
)
def test_line_ends(content):
    assert len(parsing.parse_window(content)["uid"]) == 3


def test_nothing_has_no_lines():
    assert not list(parsing.parse_windows(io.BytesIO(b"")))


MALFORMED = [
    b"\n",
    b"uid\tuser_city\n",
    LINE.replace(b"\t", b","),
    LINE.replace(b"\t", b" "),
    LINE[:-1] + b"\t\n",
    LINE[:-1] + b"\t7\n",
    b"\t" + LINE,
    LINE.partition(b"\t")[2],
    *(
        changed("uid", value)
        for value in (b"", b"-", b"--1", b"+1", b" 1", b"1 ", b"1.0", b"1e3")
        + (b"x", b'"1"', b"1_0", b"nan", b"NA", b"0x1", b"1234567890", b"\r1")
        + (b"\xd9\xa1", b"1\x00", b"1\r")
    ),
    changed("time", b"1" * 19),
    *(changed("finish", value) for value in (b"2", b"-1", b"", b"01", b"0.0")),
    changed("like", b"2"),
]


@pytest.mark.parametrize("line", MALFORMED)
def test_malformed_line_is_an_error_that_names_the_line(line):
    shown = re.escape(f"Received: line={line[:-1]!r}")
    message = f"Line 9 of {parsing.TRAIN} must hold 12 integers .*{shown}"
    for content in (LINE * 2 + line + LINE, LINE * 2 + line):
        with pytest.raises(ValueError, match=message):
            parsing.parse_window(content, first_line=7)


def test_line_number_counts_earlier_windows():
    content = LINE * 5 + b"x\n" + LINE
    with pytest.raises(ValueError, match="Line 6 of"):
        list(parsing.parse_windows(io.BytesIO(content), len(LINE) + 1))


def test_long_malformed_line_is_shown_in_part():
    with pytest.raises(ValueError) as caught:
        parsing.parse_window(b"x" * 999)
    assert str(caught.value).endswith("line=" + repr(b"x" * 200))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_other_encoding_is_refused(encoding):
    content = LINE.decode().encode(encoding)
    with pytest.raises(ValueError, match="Line 1 of"):
        parsing.parse_window(content)


def as_python_reads(content):
    """Rows by Python's own means; None where a line is malformed."""
    rows = []
    for line in content.removesuffix(b"\n").split(b"\n"):
        fields = line.decode("latin-1").removesuffix("\r").split("\t")
        is_good = len(fields) == 12 and all(
            re.fullmatch("-?[0-9]+", field) for field in fields
        )
        if not is_good or not {fields[6], fields[7]} <= {"0", "1"}:
            return None
        rows.append(tuple(int(field) for field in fields))
    return rows


def test_mutated_lines_are_read_right_or_refused():
    rng = np.random.default_rng(0)
    outcomes = []
    for _ in range(500):
        content = bytearray(LINE * 3)
        for at in rng.integers(len(content), size=rng.integers(1, 3)):
            content[at] = rng.choice(list(b"0123456789-\t\n\r x."))
        expected = as_python_reads(bytes(content))
        outcomes.append(expected is not None)
        if expected is None:
            with pytest.raises(ValueError, match="Line [1-9] of"):
                parsing.parse_window(bytes(content))
        else:
            assert rows_of(parsing.parse_window(bytes(content))) == expected
    assert 50 < sum(outcomes) < 450


@pytest.mark.parametrize("window_bytes", [1, 50, 100, 10**6])
def test_windows_do_not_change_the_rows(window_bytes):
    with DUMMY.open("rb") as file:
        windows = list(parsing.parse_windows(file, window_bytes))
    rows = [row for window in windows for row in rows_of(window)]
    assert rows == rows_of(parsing.parse_window(DUMMY.read_bytes()))
    assert len(windows) == {1: 10, 50: 6, 100: 4, 10**6: 1}[window_bytes]


def numbered(*windows):
    for uids in windows:
        yield {"uid": np.array(uids), "item_id": np.array(uids) * 2}


def test_members_are_shuffled_inside_their_window():
    is_member = np.arange(24) % 4 != 1
    windows = numbered(range(16), range(16, 24))
    parts = list(parsing.members_of_split(windows, is_member, seed=0))
    for part, rows in zip(parts, (range(16), range(16, 24)), strict=True):
        members = [row for row in rows if row % 4 != 1]
        assert part["uid"].tolist() != members
        assert sorted(part["uid"].tolist()) == members
        np.testing.assert_array_equal(part["item_id"], part["uid"] * 2)
    again = parsing.members_of_split(numbered(range(16)), is_member, seed=0)
    np.testing.assert_array_equal(next(again)["uid"], parts[0]["uid"])


@pytest.mark.real_data
def test_public_sample():
    raw_dir = os.environ.get("MTNAS_RAW_DIR")
    if not raw_dir:
        pytest.skip("MTNAS_RAW_DIR is not set")
    path = pathlib.Path(raw_dir) / "tiktok" / parsing.TRAIN
    assert raw_file.count_lines(path) == 200
    with raw_file.open_raw(path) as file:
        (columns,) = parsing.parse_windows(file)
    assert columns["finish"].sum() == 76
    assert columns["like"].sum() == 7
    assert {n for n in NAMES if (columns[n] == -1).any()} == {
        "user_city",
        "item_city",
        "music_id",
    }
    assert rows_of(columns) == as_python_reads(path.read_bytes())
