import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from mtnas_tf.data.times import times_of

DAYS = pd.date_range("2019-11-20", periods=60).to_pydatetime().tolist()


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d"]
    + ["%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %H:%M", "%-m/%-d/%Y"],
)
def test_texts_of_dates_are_ordered_as_the_dates(form):
    times = times_of([day.strftime(form) for day in DAYS])
    assert (np.diff(times) > 0).all()


@pytest.mark.parametrize(
    "values",
    [
        DAYS,
        [day.date() for day in DAYS],
        [pd.Timestamp(day, tz="UTC") for day in DAYS],
        [np.datetime64(day, "ns") for day in DAYS],
        ["9", "10", "11"],
        ["9.5", "10", "1e2"],
        [9, 10.5, 11],
        [2**60, 2**60 + 1],
        [2**70, 2**71],
        [2**60, 2**60 + 1.0 + 2**20, 2**61],
        [decimal.Decimal(10**18), decimal.Decimal(10**18 + 1)],
        [pd.Timestamp(1), pd.Timestamp(2)],  # nanoseconds apart
        [datetime.date(1, 1, 1), datetime.date(9999, 12, 31)],
        [b"9", b"10"],
    ],
)
def test_other_times(values):
    assert (np.diff(times_of(values)) > 0).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["3/4/2020", "5/6/2020"], "read in one way.*'3/4/2020'.*%m/%d/%Y"),
        (["2020-01-01", "soon"], "all be numbers or dates.*'2020-01-01'"),
        (["25/12/2020", "12/25/2020"], "all be numbers or dates"),
        (["2020-01-01", "nan"], "all be numbers or dates"),
        (["2020-01-01", "NaT"], "all be numbers or dates"),
        (["now", "now"], "all be numbers or dates"),
        (["2020-01-01", 3], "all numbers, all dates or all texts"),
        ([datetime.date(2020, 1, 1), 3], "all numbers, all dates or all texts"),
    ],
)
def test_what_cannot_be_ordered_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        times_of(values)
