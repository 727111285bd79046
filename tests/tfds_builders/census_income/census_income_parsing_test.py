import gzip
import logging
import os
import pathlib
import re

import numpy as np
import pytest

from tfds_builders.census_income import parsing

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
LINES = parsing.read_files(DUMMY_DATA)


def line(**changes):
    """A line of the dummy data, with other values in some columns."""
    values = LINES[parsing.TEST][1].decode().split(", ")
    columns = dict(zip(parsing.COLUMNS, values, strict=True))
    return ", ".join((columns | changes).values()).encode()


def record(**changes):
    return parsing.parse_line(parsing.TEST, 1, line(**changes))


@pytest.fixture
def compressed(tmp_path):
    for name in parsing.NUM_ROWS:
        content = gzip.compress((DUMMY_DATA / name).read_bytes())
        (tmp_path / f"{name}.gz").write_bytes(content)
    return tmp_path


def test_documented_columns():
    # UCI counts 40 attributes; the weight and the label come on top.
    assert len(parsing.COLUMNS) == len(set(parsing.COLUMNS)) == 42
    assert len(parsing.INTEGERS) + len(parsing.TEXTS) == 40


def test_compressed_and_plain_files_read_the_same(compressed):
    assert set(LINES) == {parsing.TRAIN, parsing.TEST}
    assert parsing.read_files(compressed) == LINES


def test_compressed_file_is_preferred(compressed):
    (compressed / parsing.TRAIN).write_bytes(b"plain")
    assert parsing.read_files(compressed) == LINES


@pytest.mark.parametrize("name", parsing.NUM_ROWS)
def test_either_file_alone_is_read_and_reported(tmp_path, caplog, name):
    (tmp_path / name).write_bytes((DUMMY_DATA / name).read_bytes())
    with caplog.at_level(logging.WARNING):
        assert parsing.read_files(tmp_path) == {name: LINES[name]}
    assert f"Only {name} is there" in caplog.messages[-1]


def test_unofficial_number_of_lines_is_reported(caplog):
    with caplog.at_level(logging.WARNING):
        parsing.read_files(DUMMY_DATA)
    assert caplog.messages == [
        "census-income.data holds 10 lines; the official file holds 199523.",
        "census-income.test holds 8 lines; the official file holds 99762.",
    ]


def test_missing_files_are_named(tmp_path):
    message = rf"`manual_dir` must hold.*{re.escape(str(tmp_path))}"
    with pytest.raises(FileNotFoundError, match=message) as caught:
        parsing.read_files(tmp_path)
    assert parsing.HOW_TO_GET in str(caught.value)


@pytest.mark.parametrize("damage", ["truncated", "overwritten", "not gzip"])
def test_damaged_file_is_refused(compressed, damage):
    path = compressed / f"{parsing.TEST}.gz"
    whole = bytearray(path.read_bytes())
    if damage == "truncated":
        whole = whole[: len(whole) // 2]
    elif damage == "overwritten":
        whole[60:90] = bytes(30)
    else:
        whole = (DUMMY_DATA / parsing.TEST).read_bytes()
    path.write_bytes(whole)
    message = f"complete gzip file.*Received: {re.escape(str(path))}"
    with pytest.raises(ValueError, match=message):
        parsing.read_files(compressed)


@pytest.mark.parametrize("content", [b"", b"\r\n\n"])
def test_empty_file_is_refused(tmp_path, content):
    (tmp_path / parsing.TEST).write_bytes(content)
    with pytest.raises(ValueError, match="census-income.test` must hold lines"):
        parsing.read_files(tmp_path)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_line_ends(tmp_path, end):
    content = b"\r\n".join(LINES[parsing.TEST]) + end
    (tmp_path / parsing.TEST).write_bytes(content)
    files = parsing.read_files(tmp_path)
    assert files[parsing.TEST] == LINES[parsing.TEST]


def test_record_of_a_person():
    parsed = parsing.parse_line(parsing.TRAIN, 2, LINES[parsing.TRAIN][1])
    assert parsed == {
        "age": 51,
        "class_worker": "Private",
        "det_ind_code": 33,
        "det_occ_code": 10,
        "education": "Doctorate degree(PhD EdD)",
        "wage_per_hour": 0,
        "wage_per_hour_bucket": 0,
        "hs_college": "Not in universe",
        "marital_stat": "Married-civilian spouse present",
        "major_ind_code": "Retail trade",
        "major_occ_code": "Professional specialty",
        "race": "White",
        "hisp_origin": "All other",
        "sex": "Male",
        "union_member": "Not in universe",
        "unemp_reason": "Not in universe",
        "full_or_part_emp": "Full-time schedules",
        "capital_gains": 15024,
        "capital_losses": 0,
        "stock_dividends": 2000,
        "stock_dividends_bucket": 22,
        "tax_filer_stat": "Joint both under 65",
        "region_prev_res": "Not in universe",
        "state_prev_res": "Not in universe",
        "det_hh_fam_stat": "Householder",
        "det_hh_summ": "Householder",
        "instance_weight": 1234.5,
        "mig_chg_msa": "Nonmover",
        "mig_chg_reg": "Nonmover",
        "mig_move_reg": "Nonmover",
        "mig_same": "Yes",
        "mig_prev_sunbelt": "Not in universe",
        "num_emp": 6,
        "fam_under_18": "Not in universe",
        "country_father": "United-States",
        "country_mother": "United-States",
        "country_self": "United-States",
        "citizenship": "Native- Born in the United States",
        "own_or_self": 0,
        "vet_question": "Not in universe",
        "vet_benefits": 2,
        "weeks_worked": 52,
        "year": 94,
        "income": 1.0,
        "never_married": 0.0,
    }


@pytest.mark.parametrize(
    ("raw", "text"),
    [("?", ""), ("NA", "NA"), ("Not in universe", "Not in universe")]
    + [("Foreign born- Not a citizen of U S ",) * 2],
)
def test_text_is_stripped_and_a_question_mark_is_missing(raw, text):
    assert record(citizenship=raw)["citizenship"] == text.strip()


@pytest.mark.parametrize("text", ["- 50000.", "50000+."])
@pytest.mark.parametrize("marital_stat", parsing.MARITAL_STATS)
def test_labels(text, marital_stat):
    parsed = record(income_50k=text, marital_stat=marital_stat)
    assert parsed["income"] == float("+" in text)
    assert parsed["never_married"] == float("Never" in marital_stat)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"income_50k": "50000."}, "`income_50k` is not in"),
        ({"income_50k": "50000+"}, "`income_50k` is not in"),
        ({"marital_stat": "Single"}, "`marital_stat` is not in"),
        ({"instance_weight": "NaN"}, "`instance_weight` is no decimal"),
        ({"instance_weight": "-1.5"}, "`instance_weight` is no decimal"),
        ({"age": "?"}, "`age` is no integer"),
        ({"age": "-1"}, "`age` is no integer"),
        ({"capital_gains": "1e3"}, "`capital_gains` is no integer"),
        ({"weeks_worked": "2.0"}, "`weeks_worked` is no integer"),
        ({"year": "9999999999"}, "`year` is no integer"),
        ({"race": "White, 1"}, "it has 43 columns, not 42"),
        ({"race": "Wei\xdf"}, "'ascii' codec can't decode"),
    ],
)
def test_wrong_line_is_an_error_that_names_it(changes, rule):
    wrong = line(**changes)
    shown = re.escape(f"Received: line={wrong[:200]!r}")
    message = rf"Line 7 of census-income.data must be.*{rule}.*{shown}"
    with pytest.raises(ValueError, match=message):
        parsing.parse_line(parsing.TRAIN, 7, wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        line()[: len(line()) // 2],
        b"39, State-gov, 77516, Bachelors, 13, Never-married, <=50K",
        line().replace(b", ", b"; "),
        line().decode().encode("utf-16"),
    ],
)
def test_line_of_another_file_is_refused(wrong):
    with pytest.raises(ValueError, match="Line 1 of census-income.test must"):
        parsing.parse_line(parsing.TEST, 1, wrong)


def test_amount_bucket_is_monotonic_and_starts_at_zero():
    buckets = [parsing.amount_bucket(amount) for amount in range(100_000)]
    assert buckets[0] == 0
    assert (np.diff(buckets) >= 0).all()
    assert len(set(buckets)) == 33  # half octaves up to 17, less the first


def test_both_files_split_as_in_the_literature():
    splits = parsing.split_rows(parsing.NUM_ROWS)
    assert {k: (f, len(rows)) for k, (f, rows) in splits.items()} == {
        "train": (parsing.TRAIN, 199_523),
        "valid": (parsing.TEST, 49_881),
        "test": (parsing.TEST, 49_881),
    }
    rows = np.concatenate([splits["valid"][1], splits["test"][1]])
    np.testing.assert_array_equal(np.sort(rows), np.arange(99_762))


@pytest.mark.parametrize(
    ("name", "count", "sizes"),
    [
        (parsing.TRAIN, 199_523, (159_618, 19_953, 19_952)),
        (parsing.TEST, 99_762, (79_810, 9_976, 9_976)),
        (parsing.TEST, 10, (8, 1, 1)),
    ],
)
def test_one_file_is_split_8_1_1(name, count, sizes):
    splits = parsing.split_rows({name: count})
    assert list(splits) == ["train", "valid", "test"]
    assert {file for file, _ in splits.values()} == {name}
    assert tuple(len(rows) for _, rows in splits.values()) == sizes
    rows = np.concatenate([rows for _, rows in splits.values()])
    np.testing.assert_array_equal(np.sort(rows), np.arange(count))


def test_splits_are_shuffled_and_fixed():
    splits = parsing.split_rows({parsing.TEST: 10})
    assert {k: rows.tolist() for k, (_, rows) in splits.items()} == {
        "train": [4, 6, 2, 7, 3, 5, 9, 0],
        "valid": [8],
        "test": [1],
    }


@pytest.mark.real_data
def test_official_test_file():
    raw_dir = os.environ.get("MTNAS_RAW_DIR")
    if not raw_dir:
        pytest.skip("MTNAS_RAW_DIR is not set")
    directory = pathlib.Path(raw_dir) / "census_income_kdd"
    lines = parsing.read_files(directory)[parsing.TEST]
    rows = [
        parsing.parse_line(parsing.TEST, number, text)
        for number, text in enumerate(lines, start=1)
    ]
    labels = np.array([(row["income"], row["never_married"]) for row in rows])

    assert len(rows) == 99_762
    assert labels.sum(axis=0).tolist() == [6_186, 43_143]
    # The MMoE paper gives .1768, as absolute value and on all its rows.
    assert np.corrcoef(labels.T)[0, 1] == pytest.approx(-0.1787, abs=5e-5)
    counts = {
        "age": 91,
        "det_ind_code": 52,
        "det_occ_code": 47,
        "education": 17,
        "num_emp": 7,
        "marital_stat": 7,
        "country_self": 43,
        "weeks_worked": 53,
        "year": 2,
    }
    assert counts == {n: len({row[n] for row in rows}) for n in counts}
    assert sum(row["country_self"] == "" for row in rows) == 1_764
    assert min(row["instance_weight"] for row in rows) == 43.26
