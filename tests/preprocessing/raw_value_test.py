import decimal
import json

import numpy as np
import pandas as pd
import pytest

from mtnas_preprocessing import raw_value

MISSING = [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT]


@pytest.mark.parametrize("value", MISSING)
def test_what_is_missing(value):
    assert raw_value.is_missing(value)
    assert raw_value.text(value) == ""
    assert raw_value.integer(value) is None
    assert raw_value.number(value) is None
    assert raw_value.items(value) == []


@pytest.mark.parametrize("word", ["", "NA", "nan", "NULL", "None", "<NA>", "?"])
def test_words_that_are_no_number(word):
    assert raw_value.integer(word) is raw_value.number(word) is None
    assert raw_value.text(word) == word


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("34", 34),
        (" 34 ", 34),
        (b"34", 34),
        ("34.0", 34),
        ("1e3", 1000),
        (34.0, 34),
        (np.int8(34), 34),
        (decimal.Decimal("34.00"), 34),
        (decimal.Decimal("6800000000000000001"), 6800000000000000001),
        (True, 1),
        (np.bool_(False), 0),
        ("True", 1),
        ("false", 0),
        ("007", 7),
        (2**53, 2**53),
        (2.0**53, 2**53),
        (2**64 - 1, 2**64 - 1),
        ("6800000000000000001", 6800000000000000001),
    ],
)
def test_integers(value, expected):
    assert raw_value.integer(value) == expected


@pytest.mark.parametrize(
    "value", ["1_0", "٣", "x", "1.5", 1.5, float("inf"), "inf", 2.0**53 + 2]
)
def test_what_is_no_integer(value):
    with pytest.raises(ValueError, match="not an integer|not a number|inexact"):
        raw_value.integer(value)


@pytest.mark.parametrize("value", [[1], {"a": 1}, pd.Timestamp("2020-01-01")])
def test_what_is_neither_number_nor_text(value):
    for read in (raw_value.integer, raw_value.number, raw_value.text):
        with pytest.raises(TypeError, match="is (not a number|no text)"):
            read(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0.5", 0.5), (".5", 0.5), ("-1e-3", -1e-3), ("True", 1.0), (7, 7.0)]
    + [(decimal.Decimal("0.5"), 0.5), ("Infinity", float("inf"))]
    + [(10**400, float("inf")), (np.float32(0.5), 0.5)],
)
def test_numbers(value, expected):
    assert raw_value.number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (b"\xc3\xa9", "é"), (7, "7"), (np.int64(7), "7")]
    + [(True, "True"), (np.bool_(True), "True"), (0.5, "0.5")]
    + [(np.float32(0.1), "0.1"), ("NA", "NA"), (-0.0, "0"), (0.0, "0")]
    + [(decimal.Decimal("1.00"), "1"), (decimal.Decimal("100"), "100")]
    + [(7.0, "7"), ("7.0", "7"), (b"7.0", "7"), (np.float16(7), "7")]
    + [
        (np.float32(7), "7"),
        ("-7.0", "-7"),
        ("-0.0", "0"),
        (1e15, "1" + "0" * 15),
    ]
    + [
        (1e15, "1000000000000000"),
        ("7.00", "7.00"),
        ("7.", "7."),
        ("07.0", "07.0"),
        ("+7.0", "+7.0"),
    ]
    + [("1e3", "1e3"), (" 7.0", " 7.0"), ("v7.0", "v7.0")]
    + [(np.float16(0.1), "0.1"), (float("inf"), "inf"), (2**60, str(2**60))],
)
def test_texts(value, expected):
    assert raw_value.text(value) == expected


@pytest.mark.parametrize(
    "value", [2.0**53 + 2, np.float32(2**25), np.float16(4096), 1e300]
)
def test_a_float_that_may_have_been_another_number_has_no_text(value):
    for read in (raw_value.text, raw_value.integer):
        with pytest.raises(ValueError, match="is an inexact float"):
            read(value)


def test_a_float_of_16_bits_is_its_shortest_decimal():
    assert raw_value.number(np.float16(0.1)) == 0.1
    assert raw_value.number(np.float16("inf")) == np.inf


@pytest.mark.parametrize(
    "value",
    [
        ["a", "b c"],
        ("a", "b c"),
        np.array(["a", "b c"]),
        "a|b c",
        '["a", "b c"]',
        "['a', 'b c']",
        str(np.array(["a", "b c"])),
        b"a|b c",
    ],
)
def test_one_list_in_any_form(value):
    assert raw_value.items(value) == ["a", "b c"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (str(np.array([1.5, -2.0, 1e-20])), ["1.5e+00", "-2.0e+00", "1.0e-20"]),
        ("[]", []),
        (str([0.5, float("nan"), None]), ["0.5", None, None]),
        (str([True, None]), ["True", None]),
        (str(np.array([True, False])), ["True", "False"]),
        ("('a', 'b')", ["a", "b"]),
        ("(fine)", ["(fine)"]),
        (json.dumps(["a\\/b"]), ["a\\/b"]),
        ('["a\\/b"]', ["a/b"]),
        (json.dumps(["\U0001f600"]), ["\U0001f600"]),
        ("[1, null]", [1, None]),
        (str([np.int64(1), np.int64(2)]), [1, 2]),
        (str([np.str_("a"), np.str_("b")]), ["a", "b"]),
        ("[1, 2.5]", [1, 2.5]),
        (str(np.array([7.0, 8.5])), ["7.0", "8.5"]),
        (3, [3]),
        ("['np.sin(x)', 'b']", ["np.sin(x)", "b"]),
        ("", []),
        ('["a|b", null]', ["a|b", None]),
        (str(np.array(["it's", "b"])), ["it's", "b"]),
        ("[fine]", ["[fine]"]),
        ("[x]|[y]", ["[x]", "[y]"]),
    ],
)
def test_written_lists(value, expected):
    assert raw_value.items(value) == expected


@pytest.mark.parametrize("value", [str(np.arange(2000)), {"a": 1}, {1, 2}])
def test_what_is_no_list(value):
    with pytest.raises(ValueError, match="is no list|without a part"):
        raw_value.items(value)
