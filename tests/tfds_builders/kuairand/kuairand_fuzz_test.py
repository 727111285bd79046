import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import FUZZ
from mutations import check_is_clear
from mutations import check_rows
from mutations import check_stops_at
from mutations import dummy_files
from mutations import encodings
from mutations import faulty_lines
from mutations import files
from mutations import lines_of
from mutations import odd_columns
from mutations import taken

from tfds_builders.kuairand import column_names
from tfds_builders.kuairand import parsing

LOG_NAME = "log_standard_4_08_to_4_21_pure.csv"
LOG_HEADER = ",".join(column_names.LOG_COLUMNS).encode()
NAME = "video_features_basic_pure.csv"
HEADER = ",".join(column_names.VIDEO_COLUMNS).encode()
INTEGERS = [
    name
    for name in column_names.VIDEO_COLUMNS[1:]
    if name not in column_names.VIDEO_TEXTS
]
KEYS = st.integers(0, 10**18 - 1)
NUMBERS = st.integers(1 - 10**18, 10**18 - 1)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\n"), max_size=6
)
LOG_ROW = {
    **dict.fromkeys(("user_id", "video_id"), KEYS),
    **dict.fromkeys(column_names.SIGNALS, st.sampled_from([0, 1])),
    "hourmin": st.integers(0, 2359),
    "date": st.integers(20220408, 20220430),
    "time_ms": NUMBERS,
}
FEATURES = st.dictionaries(
    KEYS,
    st.tuples(
        st.fixed_dictionaries(dict.fromkeys(INTEGERS, NUMBERS)),
        st.fixed_dictionaries(dict.fromkeys(column_names.VIDEO_TEXTS, TEXTS)),
    ),
    max_size=3,
)


def log_line(**changes):
    columns = dict.fromkeys(column_names.LOG_COLUMNS, "0") | {
        "date": "20220410"
    }
    return ",".join((columns | changes).values()).encode()


LOG_LINES = [
    log_line(user_id="5", is_click="1", hourmin="2359", play_time_ms="77"),
    log_line(user_id="5", video_id="9155697141", long_view="1", tab="14"),
    log_line(is_like="1", duration_ms="7000.0", profile_stay_time=""),
]
LINES = [
    b"5,441,NORMAL,2022-04-09,ShortImport,0.0,7000.0,720,1280,6,4.0,65",
    b'6,441,AD,2022-04-09,Web,,-124,720,1280,9155697141,,"12,65"',
    b"7,,,,,,,,,,,",
]
LOG_VALID = b"\n".join([LOG_HEADER, *LOG_LINES, b""])
VALID = b"\n".join([HEADER, *LINES, b""])


def integer(text):
    assert set(text) <= set("-.0123456789")
    return int(text.removesuffix(".0")) if text else -1


def values_of(text):
    table = io.StringIO(text.decode("utf-8").rstrip("\r\n"), newline="")
    (values,) = csv.reader(table)
    return values


def log_reference(text):
    values = map(integer, values_of(text))
    return dict(zip(column_names.LOG_COLUMNS, values, strict=True))


def reference(text):
    row = dict(zip(column_names.VIDEO_COLUMNS, values_of(text), strict=True))
    return integer(row.pop("video_id")), {
        name: value if name in column_names.VIDEO_TEXTS else integer(value)
        for name, value in row.items()
    }


def check_log(lines):
    records = parsing.parse_log(LOG_NAME, [LOG_HEADER, *lines])
    check_rows(
        records, lines, log_reference, LOG_NAME, first=2, valid=LOG_LINES
    )


def table_of(lines):
    return parsing.parse_table(
        NAME, lines, column_names.VIDEO_COLUMNS, column_names.VIDEO_TEXTS
    )


def check(lines):
    try:
        table = table_of([HEADER, *lines])
    except ValueError as error:
        wrong = int(str(error).split()[1]) - 2
        check_stops_at(str(error), NAME, wrong + 2, lines[wrong])
        if "must be new" not in str(error):
            assert lines[wrong].rstrip(b"\r\n") not in LINES
        table_of([HEADER, *lines[:wrong]])
        return
    assert len(table) == len(lines)
    for text in lines:
        key, columns = reference(text)
        assert table.record(key) == columns


def check_refused(content):
    rows, message = taken(parsing.parse_log(LOG_NAME, lines_of(content)))
    assert not rows
    check_is_clear(message, LOG_NAME)
    with pytest.raises(ValueError) as caught:
        table_of(lines_of(content))
    check_is_clear(str(caught.value), NAME)


def test_odd_value_is_refused_or_read_as_it_stands():
    for text in odd_columns(LOG_LINES[1], b","):
        check_log([text])
    for odd in odd_columns(LINES[0], b","):
        check([odd])


@FUZZ
@given(faulty_lines(LOG_LINES, b","))
def test_faulty_log_line_is_refused_or_read_as_it_stands(lines):
    check_log(lines)


@FUZZ
@given(faulty_lines(LINES, b","))
def test_faulty_features_are_refused_or_read_as_they_stand(lines):
    check(lines)


@FUZZ
@given(files(LOG_VALID, VALID))
def test_any_file_is_refused_or_read_as_it_stands(content):
    header, *lines = lines_of(content) or [b""]
    if header.rstrip(b"\r\n") == LOG_HEADER:
        check_log(lines)
    elif header.rstrip(b"\r\n") == HEADER:
        check(lines)
    else:
        check_refused(content)


@pytest.mark.parametrize(
    "content",
    [
        *encodings(LOG_VALID.decode()),
        *encodings(VALID.decode()),
        *dummy_files("kuairand").values(),
    ],
)
def test_other_encoding_or_data_set_is_refused(content):
    check_refused(content)


@FUZZ
@given(st.lists(st.fixed_dictionaries(LOG_ROW), max_size=3))
def test_log_rows_survive_a_file(rows):
    lines = [
        log_line(**{name: str(value) for name, value in row.items()})
        for row in rows
    ]
    zeros = dict.fromkeys(column_names.LOG_COLUMNS, 0)
    expected = [zeros | row for row in rows]
    assert [*parsing.parse_log(LOG_NAME, [LOG_HEADER, *lines])] == expected


@FUZZ
@given(FEATURES, st.booleans())
def test_features_survive_a_file(records, is_float):
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, column_names.VIDEO_COLUMNS)
    writer.writeheader()
    for key, (integers, texts) in records.items():
        numbers = {n: f"{v}{'.0' * is_float}" for n, v in integers.items()}
        writer.writerow({"video_id": key, **numbers, **texts})
    table = table_of(lines_of(file.getvalue().encode()))
    assert len(table) == len(records)
    for key, (integers, texts) in records.items():
        assert table.record(key) == integers | texts
