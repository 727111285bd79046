"""Columns are encoded as each of their values is by itself."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import Preprocessor
from mtnas_preprocessing.hashing import bucket_id

BUCKETS = 100_000
# Equal ones among them that have different texts, and different ones of one
# text.
NUMBERS = (
    [0, 1, 7, -3, 2**40, True, False, 1.0, 7.0, -0.0, 0.0, 2.0**40]
    + [np.float32(7), np.float64(7), np.float16(7), np.int8(7), Decimal("7.0")]
    + [None, float("nan"), np.float32("nan"), pd.NA]
)
TEXTS = ["", "a", "7", "7.0", "07", "7.00", b"7", b"a", "é", "1", "True", "NA"]
FLOATS = [0.1, -0.1, 0.3, 1e300, -1e300, float("inf"), 0.1 + 0.2]
BOUNDARIES = (-0.1, 0.1, 0.3, 7.0)
CITIES = ("7", "a")
CASES = {
    "string": (FieldSpec(name="x"), [*NUMBERS, *TEXTS, 0.5]),
    "vocabulary": (FieldSpec(name="x", vocabulary=CITIES), [*NUMBERS, *TEXTS]),
    "integer": (FieldSpec(name="x", kind="integer"), [*NUMBERS, "7", "7.0"]),
    "float": (
        FieldSpec(name="x", kind="float", boundaries=BOUNDARIES),
        [*NUMBERS, *FLOATS, *map(np.float16, (0.1, 0.3)), "0.1", "NA", ""],
    ),
}


def id_of(field, value):
    text = field.text(value)
    if field.vocabulary is not None:
        is_known = text in field.vocabulary
        return field.vocabulary.index(text) if is_known else len(CITIES)
    return bucket_id(field.name, text, BUCKETS)


def check(field, values):
    received = Preprocessor([field], BUCKETS)({"x": values})["ids"]
    expected = [id_of(field, value) for value in values]
    np.testing.assert_array_equal(received[:, 0], expected)


@pytest.mark.parametrize("name", CASES)
def test_values_of_several_types(name):
    field, pool = CASES[name]
    rng = np.random.default_rng(1)
    for _ in range(50):
        order = rng.integers(len(pool), size=rng.integers(1, 40))
        check(field, [pool[i] for i in order])


@pytest.mark.parametrize("name", CASES)
def test_values_of_one_type(name):
    field, pool = CASES[name]
    by_type = {}
    for value in pool:
        by_type.setdefault(type(value), []).append(value)
    assert len(by_type) > 4
    for values in by_type.values():
        check(field, values * 2)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_arrays_of_floats(dtype):
    field, _ = CASES["float"]
    rng = np.random.default_rng(2)
    with np.errstate(over="ignore"):
        edges = np.array(BOUNDARIES).astype(dtype)
        values = np.concatenate(
            [
                edges,
                np.nextafter(edges, np.asarray(9, dtype)),
                np.nextafter(edges, np.asarray(-9, dtype)),
                rng.normal(size=500).astype(dtype),
                np.array([np.nan, np.inf, -np.inf, 1e300]).astype(dtype),
            ]
        )
    check(field, values)
