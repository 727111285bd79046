import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from mtnas_tf.data.looks import LOOKS
from mtnas_tf.data.looks import look
from mtnas_tf.data.looks import looks_of

EXAMPLES = {
    "missing": [None, float("nan"), pd.NA, pd.NaT, "", b""],
    "missing number": ["NA", "nan", "NULL", "?"],
    "bool": [True, np.bool_(False), "True", "false"],
    "integer": [7, np.int8(7), "7", "-7", "0", " 7", b"7", 2**70],
    "whole": [7.0, np.float32(7), "7.0", "1e3", decimal.Decimal("7.00")],
    "number": [0.5, "0.5", ".5", "-1e-3", float("inf"), decimal.Decimal(".5")],
    "inexact": [6.8e18, "6.8e18", np.float32(2**25)],
    "date": [
        *(datetime.date(2020, 1, 1), pd.Timestamp("2020-01-01")),
        np.datetime64("2020-01-01"),
    ],
    "time": [
        *("2020-01-01", "2020-01-01 10:00:00", "2020-01-01T10:00:00.5Z"),
        *("1/31/2020", "31.1.2020"),
    ],
    "list": [[], [1], (1, 2), np.array(["a"])],
    "written list": ["[1, 2]", "['a']", '["a"]', "[1. 2.]", "[]"],
    "piped": ["a|b", "|"],
    "text": ["a", "007", "+5", "[fine]", "1_0", "٣", "2020-1", "b'x'"],
    "other": [{}, b"\xff", str(np.arange(2000)), object()],
}


def test_every_look_has_examples():
    assert set(EXAMPLES) == set(LOOKS)


@pytest.mark.parametrize("expected", LOOKS)
def test_looks(expected):
    assert [look(value) for value in EXAMPLES[expected]] == [expected] * len(
        EXAMPLES[expected]
    )
    assert looks_of(EXAMPLES[expected]) == {expected}
