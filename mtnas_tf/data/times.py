"""Converts times to numbers that sort in the same order."""

import datetime
import numbers

import numpy as np
import pandas as pd

from mtnas_preprocessing import raw_value
from mtnas_preprocessing.raw_value import Value

# Formats of dates and times of day. A column that fits two of them, such as
# 3/4/2020, is refused.
_DATES = (
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
)
_CLOCKS = ("", " %H:%M", " %H:%M:%S")
FORMATS = ("ISO8601", *(date + clock for date in _DATES for clock in _CLOCKS))


def times_of(values: list[Value]) -> np.ndarray:
    """Converts times to numbers that sort in the same order.

    Args:
        values: times without a missing one: numbers, dates, or texts of either.
            Texts of dates are ISO 8601 or in one of `FORMATS`, all in the same.

    Raises:
        ValueError: if a value is no time, or texts can be read in two ways.
    """
    values = [v.decode() if isinstance(v, bytes) else v for v in values]
    if all(isinstance(value, str) for value in values):
        return _times_of_texts(values)
    if all(isinstance(value, numbers.Number) for value in values):
        return _numbers(values)
    dates = (datetime.date, np.datetime64)  # pandas' Timestamp is a date
    odd = [value for value in values if not isinstance(value, dates)]
    if odd:
        raise ValueError(
            "times must be all numbers, all dates or all texts. "
            f"Received: {odd[0]!r} among them"
        )
    try:
        found = pd.to_datetime(values, utc=True)
    except pd.errors.OutOfBoundsDatetime:  # pandas 2 counts nanoseconds
        found = pd.to_datetime(np.array(values, "datetime64[us]"), utc=True)
    return _ticks(found)


def _times_of_texts(texts: list[str]) -> np.ndarray:
    try:
        return _numbers([_number(text) for text in texts])
    except ValueError:
        pass  # then they are dates
    found = {}
    for form in FORMATS:
        try:
            dates = pd.to_datetime(texts, format=form, utc=True)
        except ValueError:
            continue
        # pandas takes "nan" and "now" for times as well.
        if not dates.hasnans and all(text[:1].isdigit() for text in texts):
            found[form] = _ticks(dates)
    if not found:
        raise ValueError(
            "texts must all be numbers or dates, ISO 8601 or one of "
            f"{_DATES} perhaps with a time of day. "
            f"Received: {texts[0]!r} and others"
        )
    times, *others = found.values()
    if any((other != times).any() for other in others):
        raise ValueError(
            f"dates must be read in one way. Received: {texts[0]!r} and "
            f"others, which may be in any of {tuple(found)}: write them as "
            "ISO 8601, 2020-04-03"
        )
    return times


def _number(text: str) -> Value:
    """A text's number; an integer stays exact."""
    try:
        value: Value = raw_value.integer(text)
    except ValueError:
        value = raw_value.number(text)
    if value is None:
        raise ValueError(f"{text!r} is no number")
    return value


def _numbers(values: list[Value]) -> np.ndarray:
    """Numbers, or their ranks where a float would make two of them equal."""
    try:
        if all(isinstance(value, numbers.Integral) for value in values):
            return np.array(values, np.int64)
    except OverflowError:
        pass
    ranks = {value: rank for rank, value in enumerate(sorted(set(values)))}
    return np.array([ranks[value] for value in values], np.int64)


def _ticks(dates: pd.DatetimeIndex) -> np.ndarray:
    try:
        dates = dates.as_unit("ns")
    except pd.errors.OutOfBoundsDatetime:  # before 1678 or after 2262
        dates = dates.as_unit("us")
    return dates.astype("int64").to_numpy()
