import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import FUZZ
from mutations import check_is_clear
from mutations import check_rows
from mutations import dummy_files
from mutations import encodings
from mutations import faulty_bytes
from mutations import faulty_lines
from mutations import files
from mutations import lines_of
from mutations import odd_columns

from tfds_builders.census_income import parsing

NAME = parsing.TEST
# A comma separates, "?" is a missing value, spaces at the ends are dropped.
TEXTS = st.text(
    st.characters(max_codepoint=127, exclude_characters=",\n?"), max_size=8
).map(lambda text: text.strip(" "))
INCOMES = {0.0: "- 50000.", 1.0: "50000+."}
COLUMNS = {
    "integers": st.dictionaries(
        st.sampled_from(parsing.INTEGERS),
        st.integers(0, 10**9 - 1),
        max_size=4,
    ),
    "texts": st.dictionaries(
        st.sampled_from([n for n in parsing.TEXTS if n != "marital_stat"]),
        TEXTS,
        max_size=4,
    ),
    "weight": st.decimals(0, 10**9 - 1, places=2),
    "income": st.sampled_from([0.0, 1.0]),
    "marital_stat": st.sampled_from(parsing.MARITAL_STATS),
}


def line(**changes):
    columns = {
        **dict.fromkeys(parsing.COLUMNS, "Not in universe"),
        **dict.fromkeys(parsing.INTEGERS, "0"),
        "instance_weight": "1700.09",
        "marital_stat": "Never married",
        "income_50k": "- 50000.",
    }
    return ", ".join((columns | changes).values()).encode()


LINES = [
    line(age="73", wage_per_hour="500"),
    line(marital_stat="Divorced", income_50k="50000+.", country_self="?"),
    line(citizenship="Native- Born in the United States", year="94"),
]
VALID = b"\r\n".join([*LINES, b""])


def reference(text):
    values = [v.strip(" ") for v in text.decode("ascii").split(",")]
    row = dict(zip(parsing.COLUMNS, values, strict=True))
    integers = {name: int(row[name]) for name in parsing.INTEGERS}
    return {
        **{n: "" if row[n] == "?" else row[n] for n in parsing.TEXTS},
        **integers,
        "wage_per_hour_bucket": parsing.amount_bucket(
            integers["wage_per_hour"]
        ),
        "stock_dividends_bucket": parsing.amount_bucket(
            integers["stock_dividends"]
        ),
        "instance_weight": float(row["instance_weight"]),
        "income": float(row["income_50k"] == "50000+."),
        "never_married": float(row["marital_stat"] == "Never married"),
    }


def parsed(lines):
    for number, text in enumerate(lines, start=1):
        yield parsing.parse_line(NAME, number, text)


def check(lines):
    check_rows(parsed(lines), lines, reference, NAME, valid=LINES)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("census")


def read(directory, content, suffix=""):
    """The lines of a folder with one file, or the error about it."""
    path = directory / f"{NAME}{suffix}"
    path.write_bytes(content)
    try:
        return parsing.read_files(directory)[NAME], None
    except ValueError as error:
        return None, str(error)
    finally:
        path.unlink()


@FUZZ
@given(faulty_lines(LINES, b", "))
def test_faulty_line_is_refused_or_read_as_it_stands(lines):
    check(lines)


def test_odd_value_is_refused_or_read_as_it_stands():
    for text in odd_columns(LINES[1], b", "):
        check([text])


@FUZZ
@given(content=files(VALID))
def test_any_file_is_refused_or_read_as_it_stands(directory, content):
    lines, message = read(directory, content)
    if lines is None:
        check_is_clear(message, NAME)
    else:
        ends = content.rstrip(b"\r\n")
        assert lines == [
            text.removesuffix(b"\n").removesuffix(b"\r")
            for text in lines_of(ends)
        ]
        check(lines)


@FUZZ
@given(content=faulty_bytes(gzip.compress(VALID, mtime=0)))
def test_faulty_gzip_file_is_refused_or_read_as_it_was(directory, content):
    lines, message = read(directory, content, ".gz")
    if lines is None:
        check_is_clear(message, NAME)
    else:
        assert lines == LINES


def test_truncated_gzip_file_is_refused(directory):
    whole = gzip.compress(VALID, mtime=0)
    for size in range(len(whole)):
        _, message = read(directory, whole[:size], ".gz")
        check_is_clear(message, f"{NAME}.gz")


def refused(directory, content):
    lines, message = read(directory, content)
    if lines is not None:
        with pytest.raises(ValueError) as caught:
            list(parsed(lines))
        message = str(caught.value)
        assert message.startswith(f"Line 1 of {NAME} must ")
    check_is_clear(message, NAME)


@pytest.mark.parametrize("content", encodings(VALID.decode()))
def test_other_encoding_is_refused(directory, content):
    refused(directory, content)


@pytest.mark.parametrize("content", dummy_files("census_income").values())
def test_file_of_another_data_set_is_refused(directory, content):
    refused(directory, content)


def written(row):
    """The columns of what was drawn, and its line."""
    columns = {**row["integers"], **row["texts"]}
    columns |= {name: row[name] for name in ("income", "marital_stat")}
    columns["instance_weight"] = float(row["weight"])
    changes = {name: str(value) for name, value in row["integers"].items()}
    changes |= {name: text or "?" for name, text in row["texts"].items()}
    changes["income_50k"] = INCOMES[row["income"]]
    changes["marital_stat"] = row["marital_stat"]
    changes["instance_weight"] = str(row["weight"])
    return columns, line(**changes)


@FUZZ
@given(
    rows=st.lists(st.fixed_dictionaries(COLUMNS), min_size=1, max_size=3),
    end=st.sampled_from([b"\n", b"\r\n"]),
)
def test_records_survive_a_file(directory, rows, end):
    columns, lines = zip(*map(written, rows), strict=True)
    read_lines, _ = read(directory, end.join([*lines, b""]))
    for record, expected in zip(parsed(read_lines), columns, strict=True):
        assert {name: record[name] for name in expected} == expected
