import re

import pytest

from tfds_builders.kuairand import column_names
from tfds_builders.kuairand import parsing
from tfds_builders.kuairand.feature_table import FeatureTable


def header(columns):
    return ",".join(columns).encode()


def log_line(**changes):
    row = dict.fromkeys(column_names.LOG_COLUMNS, "0") | {"date": "20220410"}
    return ",".join((row | changes).values()).encode()


def log_row(**changes):
    lines = [header(column_names.LOG_COLUMNS), log_line(**changes)]
    (row,) = parsing.parse_log("x", lines)
    return row


def videos(*lines):
    encoded = [line.encode() for line in lines]
    return parsing.parse_table(
        "videos",
        [header(column_names.VIDEO_COLUMNS), *encoded],
        column_names.VIDEO_COLUMNS,
        column_names.VIDEO_TEXTS,
    )


def test_columns_of_the_documentation():
    assert len(column_names.LOG_COLUMNS) == 19
    assert len(column_names.USER_COLUMNS) == 1 + 30
    assert len(column_names.VIDEO_COLUMNS) == 12
    assert len({*column_names.INTEGERS, *column_names.TEXTS}) == (
        len(column_names.INTEGERS) + len(column_names.TEXTS)
    )


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_rows_of_a_log(end):
    lines = [header(column_names.LOG_COLUMNS), log_line(user_id="7", tab="14")]
    (row,) = parsing.parse_log("x", [line + end for line in lines])
    expected = {"user_id": 7, "tab": 14, "date": 20220410}
    assert row == dict.fromkeys(column_names.LOG_COLUMNS, 0) | expected


@pytest.mark.parametrize(
    ("text", "number"),
    [("1385", 1385), ("1385.0", 1385), ("-124", -124), ("", -1)],
)
def test_integers_may_have_been_floats_or_missing(text, number):
    assert log_row(play_time_ms=text)["play_time_ms"] == number


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"is_click": "2"}, "`is_click` is not 0 or 1"),
        ({"is_like": ""}, "`is_like` is not 0 or 1"),
        ({"is_profile_enter": "7"}, "`is_profile_enter` is not 0 or 1"),
        ({"long_view": "-1"}, "`long_view` is not 0 or 1"),
        ({"user_id": ""}, "`user_id` is empty or negative"),
        ({"video_id": "-5"}, "`video_id` is empty or negative"),
        ({"hourmin": "2400"}, "`hourmin` is not in 0 to 2359"),
        ({"hourmin": ""}, "`hourmin` is not in 0 to 2359"),
        ({"date": "20220407"}, "`date` is not in 20220408 to 20220508"),
        ({"date": "20220509"}, "`date` is not in 20220408 to 20220508"),
        ({"tab": "1.5"}, "`tab` is no integer but '1.5'"),
        ({"tab": "x"}, "`tab` is no integer but 'x'"),
        ({"tab": "\u0663"}, "`tab` is no integer but '\u0663'"),
        ({"time_ms": "1" * 19}, "`time_ms` is no integer"),
        ({"tab": "1,2"}, "it has 20 columns, not 19"),
        ({"tab": '"1'}, "unexpected end of data"),
    ],
)
def test_wrong_log_line_is_an_error_that_names_it(changes, rule):
    wrong = log_line(**changes)
    lines = [header(column_names.LOG_COLUMNS), log_line(), wrong]
    shown = re.escape(f"Received: line={wrong[:200]!r}")
    message = f"Line 3 of log.csv must be one of KuaiRand: .*{rule}.*{shown}"
    rows = parsing.parse_log("log.csv", lines)
    next(rows)
    with pytest.raises(ValueError, match=message):
        next(rows)


def test_other_encoding_is_refused():
    lines = [header(column_names.LOG_COLUMNS), b"\xff" + log_line()]
    with pytest.raises(ValueError, match="Line 2 of x .*'utf-8' codec"):
        list(parsing.parse_log("x", lines))


@pytest.mark.parametrize(
    "lines",
    [[], [b""], [log_line()], [header(column_names.VIDEO_COLUMNS)]]
    + [[header(column_names.LOG_COLUMNS[:-1])]],
)
def test_other_file_is_refused(lines):
    with pytest.raises(ValueError, match="x must be a KuaiRand file, with"):
        list(parsing.parse_log("x", lines))


def test_video_with_quotes_and_floats():
    line = "5,441,NORMAL,2022-04-09,ShortImport,0.0,7000.0,720.0,1280.0,6,4.0,"
    assert videos(line + '"12,65"').record(5) == {
        "author_id": 441,
        "visible_status": 0,
        "video_duration": 7000,
        "server_width": 720,
        "server_height": 1280,
        "music_id": 6,
        "music_type": 4,
        "video_type": "NORMAL",
        "upload_dt": "2022-04-09",
        "upload_type": "ShortImport",
        "tag": "12,65",
    }


def test_missing_values_and_unlisted_videos():
    listed = videos("5,,,,,,,,,,,")
    assert len(listed) == 1
    integers = [
        n
        for n in column_names.VIDEO_COLUMNS
        if n not in column_names.VIDEO_TEXTS
    ]
    missing = {
        **dict.fromkeys(integers[1:], -1),
        **dict.fromkeys(column_names.VIDEO_TEXTS, ""),
    }
    assert listed.record(5) == listed.record(6) == missing


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("", "it has 0 columns, not 12"),
        ("6,1,NORMAL", "it has 3 columns, not 12"),
        ("5,,,,,,,,,,,", "`key` must be new. Received: key=5"),
        (",,,,,,,,,,,", "column `video_id` is empty"),
        ("6,x,,,,,,,,,,", "column `author_id` is no integer but 'x'"),
        ("6,,,,,0.5,,,,,,", "column `visible_status` is no integer but '0.5'"),
        ('6,,,,,,,,,,,"12,65', "unexpected end of data"),
    ],
)
def test_wrong_feature_line_is_an_error_that_names_it(line, rule):
    message = f"Line 3 of videos must be one of KuaiRand: {re.escape(rule)}"
    with pytest.raises(ValueError, match=message):
        videos("5,,,,,,,,,,,", line)


USER = (
    b'1,UNKNOWN,0,1,0,0,0,0,0,2,"[1,5)",20,15-30,0,1,30,7,,1,0,2,11,6,2,,,,,,,'
)


def users():
    lines = [header(column_names.USER_COLUMNS), USER]
    columns = column_names.USER_COLUMNS, column_names.USER_TEXTS
    return parsing.parse_table("users", lines, *columns)


@pytest.mark.parametrize(
    "tasks", [column_names.COMMON_TASKS, column_names.TASKS, ("hate",)]
)
def test_join_adds_features_and_what_is_made_of_them(tasks):
    listed = videos('5,1,AD,,,,18000,,,,,"12,65"')
    row = log_row(user_id="1", video_id="5", hourmin="2359", is_like="1")
    record = parsing.join(row, users(), listed, tasks)
    assert {*record} == {
        *column_names.integers_beside(tasks),
        *column_names.TEXTS,
        *tasks,
    }
    assert record["hour"] == 23
    assert (record["tag"], record["first_tag"]) == ("12,65", "12")
    assert record["video_duration_bucket"] == 28
    assert record["friend_user_num_range"] == "[1,5)"
    assert record["is_live_streamer"] == 1


@pytest.mark.parametrize("column", column_names.SIGNALS)
def test_every_signal_is_one_label(column):
    row = log_row(**{column: "1"})
    record = parsing.join(row, users(), videos(), column_names.TASKS)
    positive = {task for task in column_names.TASKS if record[task]}
    assert positive == {column_names.SIGNALS[column]}


@pytest.mark.parametrize(
    ("played", "lasts", "finish"),
    [("7000", "7000", 1), ("6999", "7000", 0), ("9000", "7000", 1)]
    + [("9000", "0", 0), ("0", "0", 0), ("9000", "", 0)],
)
def test_a_video_of_known_duration_is_finished_at_its_end(
    played, lasts, finish
):
    row = log_row(play_time_ms=played, duration_ms=lasts)
    record = parsing.join(row, users(), videos(), ["finish"])
    assert record["finish"] == finish


def test_duration_buckets_grow_with_the_duration():
    buckets = [parsing.duration_bucket(time) for time in range(-1, 10_000)]
    assert buckets == sorted(buckets)
    assert buckets[:3] == [-1, 0, 2]


def test_table_keeps_records_apart_and_texts_once():
    table = FeatureTable(["a", "b"], ["c", "d"])
    for key in range(9):
        table.add(key, [key, 2**40 + key], [f"t{key % 2}", "same"])
    assert len(table) == 9
    assert table.record(7) == {"a": 7, "b": 2**40 + 7, "c": "t1", "d": "same"}
    assert table.record(7)["d"] is table.record(2)["d"]
