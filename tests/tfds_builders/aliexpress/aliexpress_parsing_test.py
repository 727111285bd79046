import pathlib
import re

import numpy as np
import pytest

from tfds_builders.aliexpress import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
HEADER = ",".join(parsing.COLUMNS).encode()


def line(**changes):
    """A line with zeros in all columns but those of `changes`."""
    columns = dict.fromkeys(parsing.COLUMNS, "0") | changes
    return ",".join(columns.values()).encode()


def record(**changes):
    (parsed,) = parsing.parse_lines("x", [HEADER, line(**changes)])
    return parsed


def test_columns_of_the_documented_files():
    assert len(parsing.CATEGORICALS) == 16
    assert len(parsing.NUMERICALS) == 63
    assert len(parsing.COLUMNS) == 1 + 16 + 63 + 2


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_record_of_a_row(end):
    changes = {
        "search_id": "8000000000",
        "categorical_1": "9",
        "categorical_16": "-3",
        "numerical_1": "0.10526300000000001",
        "numerical_2": "1e-05",
        "numerical_63": "-1",
        "click": "1",
    }
    lines = [HEADER + end, line(**changes) + end]
    (parsed,) = parsing.parse_lines("x", lines)
    numerical = parsed.pop("numerical")
    assert parsed == {
        "search_id": 8_000_000_000,
        **dict.fromkeys(parsing.CATEGORICALS, 0),
        "categorical_1": 9,
        "categorical_16": -3,
        "click": 1.0,
        "conversion": 0.0,
    }
    assert numerical == pytest.approx([0.105263, 1e-5, *[0.0] * 60, -1.0])


@pytest.mark.parametrize("labels", [("0", "0"), ("1", "0"), ("1", "1")])
def test_labels(labels):
    parsed = record(click=labels[0], conversion=labels[1])
    assert (parsed["click"], parsed["conversion"]) == tuple(map(float, labels))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"click": "0", "conversion": "1"}, "are not 0,0 or 1,0 or 1,1"),
        ({"click": "2"}, "are not 0,0 or 1,0 or 1,1"),
        ({"conversion": ""}, "are not 0,0 or 1,0 or 1,1"),
        ({"search_id": ""}, "`search_id` is no integer"),
        ({"search_id": "1.0"}, "`search_id` is no integer"),
        ({"categorical_3": "1.0"}, "a category is no integer but '1.0'"),
        ({"categorical_3": ""}, "a category is no integer but ''"),
        ({"categorical_3": "9999999999"}, "a category is no integer"),
        ({"numerical_5": ""}, "a number is no finite decimal but ''"),
        ({"numerical_5": "1_0"}, "a number is no finite decimal but '1_0'"),
        ({"numerical_5": "nan"}, "a number is no finite decimal but 'nan'"),
        ({"numerical_5": "1e999"}, "a number is no finite decimal but '1e999'"),
        ({"numerical_5": "-3.5e38"}, "a number is no finite decimal but '-3"),
        ({"numerical_5": "1,2"}, "it has 83 columns, not 82"),
        ({"numerical_5": "\xb2"}, "'ascii' codec can't decode"),
    ],
)
def test_wrong_line_is_an_error_that_names_it(changes, rule):
    wrong = line(**changes)
    shown = re.escape(f"Received: line={wrong[:200]!r}")
    lines = [HEADER, line(), wrong, line()]
    rows = parsing.parse_lines("NL/train.csv", lines)
    assert next(rows)["click"] == 0
    message = f"Line 3 of NL/train.csv must be a row.*{rule}.*{shown}"
    with pytest.raises(ValueError, match=message):
        next(rows)


def test_cut_off_line_is_refused():
    with pytest.raises(ValueError, match="Line 2 of x .* it has 1 columns"):
        list(parsing.parse_lines("x", [HEADER, b"17"]))


@pytest.mark.parametrize(
    "header",
    [[], [b""], [b"user_1,item_1"], [HEADER[:-1]], [line()]]
    + [[HEADER.decode().encode("utf-16")]],
)
def test_other_file_is_refused(header):
    with pytest.raises(ValueError, match="x must have the header search_id"):
        list(parsing.parse_lines("x", header))


@pytest.mark.parametrize("name", [parsing.TRAIN, parsing.TEST])
def test_missing_file_is_named(tmp_path, name):
    folder = tmp_path / "AliExpress_ES"
    folder.mkdir()
    for other in {parsing.TRAIN, parsing.TEST} - {name}:
        (folder / other).touch()
    message = (
        rf"Missing: \['AliExpress_ES/{name}'\].*{re.escape(str(tmp_path))}"
    )
    with pytest.raises(FileNotFoundError, match=message) as caught:
        parsing.find_files(tmp_path, "ES")
    assert parsing.HOW_TO_GET in str(caught.value)


def test_splits_partition_the_files_and_keep_searches_whole():
    files = parsing.find_files(DUMMY_DATA, "NL")
    rows = {s: list(parsing.read_split(files, s)) for s in parsing.SPLITS}
    numbers = [row for row, _ in rows["train"] + rows["valid"]]
    assert sorted(numbers) == list(range(8))
    searches = {s: {r["search_id"] for _, r in rows[s]} for s in rows}
    assert searches == {
        "train": {3, 100, 8_000_000_000},
        "valid": {11, 16},
        "test": {3, 15},  # its numbers start anew
    }


def test_one_search_in_ten_is_for_validation():
    is_valid = [parsing.split_of(i) == "valid" for i in range(20_000)]
    assert np.mean(is_valid) == pytest.approx(0.1, abs=0.01)
