import logging
import pathlib
import re

import pytest

from tfds_builders.kuairand import column_names
from tfds_builders.kuairand import parsing
from tfds_builders.kuairand.feature_table import FeatureTable

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
PATHS = parsing.find_files(DUMMY_DATA, "pure")


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


def test_join_adds_features_and_what_is_made_of_them():
    users = parsing.read_users(PATHS[parsing.USERS])
    listed = videos('5,1,AD,,,,18000,,,,,"12,65"')
    row = log_row(user_id="1", video_id="5", hourmin="2359", is_like="1")
    record = parsing.join(row, users, listed)
    assert {*record} == {
        *column_names.INTEGERS,
        *column_names.TEXTS,
        *column_names.LABELS.values(),
    }
    assert record["hour"] == 23
    assert (record["click"], record["like"], record["long_view"]) == (0, 1, 0)
    assert (record["tag"], record["first_tag"]) == ("12,65", "12")
    assert record["video_duration_bucket"] == 28
    assert record["friend_user_num_range"] == "[1,5)"
    assert record["is_live_streamer"] == 1


@pytest.mark.parametrize(
    ("date", "split"),
    [
        (20220408, "train"),
        (20220421, "train"),
        (20220422, "valid"),
        (20220428, "valid"),
        (20220429, "test"),
        (20220508, "test"),
    ],
)
def test_standard_logs_are_split_by_date(date, split):
    assert parsing.split_of(date) == split


def test_splits_partition_the_logs():
    rows = {
        s: dict(parsing.read_split(PATHS, "pure", s)) for s in parsing.SPLITS
    }
    assert {s: len(members) for s, members in rows.items()} == {
        "train": 5,
        "valid": 2,
        "test": 2,
        "test_random": 3,
    }
    assert len({key for members in rows.values() for key in members}) == 12
    for split, members in rows.items():
        is_rand = {row["is_rand"] for row in members.values()}
        assert is_rand == {int(split == "test_random")}


def test_unpublished_number_of_rows_is_reported(caplog):
    with caplog.at_level(logging.WARNING):
        for split in parsing.SPLITS:
            list(parsing.read_split(PATHS, "pure", split))
    assert caplog.messages == [
        "KuaiRand-Pure: the standard logs hold 9 rows; the published ones hold "
        "1436609.",
        "KuaiRand-Pure: the random logs hold 3 rows; the published ones hold "
        "1186059.",
    ]


def test_folder_may_be_given_itself():
    inside = DUMMY_DATA / "KuaiRand-Pure" / "data"
    assert parsing.find_files(inside, "pure") == PATHS


@pytest.mark.parametrize("name", parsing.FILES)
def test_missing_file_is_named(tmp_path, name):
    for other in set(parsing.FILES) - {name}:
        (tmp_path / f"{other}_1k.csv").touch()
    message = rf"KuaiRand-1K files. Missing: \['{name}_1k.csv'\].*{tmp_path}"
    with pytest.raises(FileNotFoundError, match=message) as caught:
        parsing.find_files(tmp_path, "1k")
    assert parsing.HOW_TO_GET in str(caught.value)


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
