"""One table has one encoding, whatever it is kept in.

Random tables are written as CSV, Parquet, JSON lines and a DataFrame; the
schemas that are proposed for them, and the ids, are compared.
"""

import contextlib
import json
import tempfile
from pathlib import Path

import hypothesis
import numpy as np
import pandas as pd
import pyarrow
import pytest
from hypothesis import strategies as st

from mtnas_preprocessing.tables import open_table
from mtnas_tf.data import propose_schema
from mtnas_tf.data.frame_table import FrameTable

NAMES = ["a", "item_id", "click rate", "a.b", "ключ", "x|y", "9", "num"]
NUM_ROWS = [1, 3, 60, 130]
# csv.writer leaves a lone \\r unquoted, where a row ends for every reader.
TEXTS = st.text(
    st.characters(exclude_characters="\r", codec="utf-8"), max_size=6
)
ODD_TEXTS = st.sampled_from(
    [
        "",
        "NA",
        "nan",
        "None",
        "007",
        "+5",
        "1e3",
        "7",
        "7.0",
        " 7",
        "0.5",
        "True",
    ]
    + [
        "false",
        "a|b",
        "|",
        "[1, 2]",
        "['a', 'b']",
        "[x]",
        "[",
        '"',
        "1_0",
        "-0",
    ]
    + ["6800000000000000001", "2020-01-01", "1/2/2020", "inf", "?", "b'x'", "é"]
)
INT64 = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def dtypes(*names):
    return st.sampled_from(names)


# Values of a column, and the dtypes that pandas may keep them in.
KINDS = {
    "small integers": (
        st.integers(-3, 99),
        dtypes(
            "int8", "int64", "Int16", "object", "category", "int64[pyarrow]"
        ),
    ),
    "large integers": (INT64, dtypes("int64", "Int64", "object", "category")),
    "unsigned integers": (
        st.integers(0, 2**64 - 1),
        dtypes("uint64", "UInt64", "uint64[pyarrow]"),
    ),
    "ids": (
        st.integers(6_800_000_000_000_000_000, 6_800_000_000_000_000_099),
        dtypes("int64", "Int64", "int64[pyarrow]", "object"),
    ),
    "floats": (
        FLOATS,
        dtypes("float64", "Float64", "object", "double[pyarrow]"),
    ),
    "single floats": (
        # Beyond 2^24 a CSV cell is another number than the float of 32 bits.
        st.floats(-(2**24), 2**24, width=32),
        dtypes("float32", "Float32", "float[pyarrow]"),
    ),
    "prices": (
        st.integers(0, 10**6).map(lambda cents: cents / 100),
        dtypes("float64", "float32"),
    ),
    "whole floats": (
        st.integers(-(2**60), 2**60).map(float),
        dtypes("float64", "Float64"),
    ),
    "bools": (st.booleans(), dtypes("bool", "boolean", "object")),
    "texts": (TEXTS, dtypes("object", "str", "category", "string[pyarrow]")),
    "odd texts": (ODD_TEXTS, dtypes("object", "str", "category")),
    "dates": (
        st.datetimes(pd.Timestamp(1990, 1, 1), pd.Timestamp(2100, 1, 1)),
        dtypes("datetime64[ns]", "datetime64[us]", "object"),
    ),
    "days": (st.dates(), dtypes("object")),
    "lists of integers": (st.lists(INT64, max_size=3), dtypes("object")),
    "lists of texts": (st.lists(TEXTS, max_size=3), dtypes("object")),
    "lists of floats": (st.lists(FLOATS, max_size=2), dtypes("object")),
    "vectors": (st.lists(FLOATS, min_size=2, max_size=2), dtypes("object")),
}


@st.composite
def columns(draw, num_rows):
    kind = draw(st.sampled_from(sorted(KINDS)))
    values, names = KINDS[kind]
    pool = draw(st.lists(values, min_size=1, max_size=5))
    if draw(st.booleans()):
        pool.append(None)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = [pool[index] for index in rng.integers(len(pool), size=num_rows)]
    dtype = draw(names)
    try:
        return pd.Series(rows, dtype=dtype)
    except (TypeError, ValueError, OverflowError, ArithmeticError):
        return pd.Series(rows, dtype=object)  # a dtype that has no gaps


@st.composite
def frames(draw):
    num_rows = draw(st.sampled_from(NUM_ROWS))
    names = draw(
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
    )
    frame = pd.DataFrame({name: draw(columns(num_rows)) for name in names})
    return frame.assign(label=[0.0] * num_rows)


def json_value(value):
    """What a client would send."""
    if isinstance(value, np.generic):
        value = value.item()
    return str(value) if hasattr(value, "isoformat") else value


def sources(frame, folder):
    """Name -> what `propose_schema` takes, and the table."""
    frame.to_csv(folder / "t.csv", index=False)
    names = ["t.csv", "t.jsonl"]
    with contextlib.suppress(pyarrow.ArrowException, OverflowError):
        frame.to_parquet(folder / "t.parquet")  # which holds no such integers
        names.append("t.parquet")
    table = FrameTable(frame)
    (part,) = table.parts(len(frame))
    rows = zip(*part.values(), strict=True)
    lines = [
        json.dumps(dict(zip(part, map(json_value, row), strict=True)))
        for row in rows
    ]
    (folder / "t.jsonl").write_text("\n".join(lines))
    yield "frame", frame, table
    for name in names:
        yield name, folder / name, open_table(folder / name)


def encoded(source, table, schema=None):
    """A schema and the arrays of all rows, or the sort of an error."""
    try:
        schema = schema or propose_schema(source, ["label"]).schema
        (part,) = table.parts(10**6)
        return schema, schema.preprocessor(part)
    except ValueError as error:
        return str(error).partition("Received")[0].partition("[")[0], {}


def check(frame):
    with tempfile.TemporaryDirectory() as folder:
        found = {
            name: (source, table)
            for name, source, table in sources(frame, Path(folder))
        }
        schema, expected = encoded(*found.pop("frame"))
        for name, (source, table) in found.items():
            other, arrays = encoded(source, table)
            assert other == schema, name
            same = encoded(source, table, schema if expected else None)[1]
            for received in (arrays, same):
                assert received.keys() == expected.keys()
                for key, values in expected.items():
                    np.testing.assert_array_equal(received[key], values, name)


def settings(**kwargs):
    return hypothesis.settings(
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        **kwargs,
    )


@pytest.mark.slow
@settings(max_examples=60, derandomize=True)
@hypothesis.given(frames())
def test_one_table_has_one_encoding(frame):
    check(frame)


# Two draws of 2,000 tables each.
@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(2))
def test_thousands_of_tables_have_one_encoding_each(seed):
    run = hypothesis.given(frames())(check)
    hypothesis.seed(seed)(settings(max_examples=2000)(run))()
