"""Checks of the arguments that layers and models are made with.

Each raises a `ValueError` with the rule and what was received for the first
argument that breaks it. Arguments come by name.
"""

import argparse
import math
import numbers
from collections.abc import Collection
from typing import TypeGuard


def check_ints(least: int = 1, /, **arguments: object) -> None:
    """Refuses what is no int, or below `least`; True and False are none.

    Example:
    >>> check_ints(units=0)
    Traceback (most recent call last):
    ValueError: `units` must be an int of at least 1. Received: units=0
    """
    for name, value in arguments.items():
        if not _is_int(value) or value < least:
            _refuse(name, value, f"an int of at least {least}")


def check_widths(least_length: int = 0, /, **arguments: object) -> None:
    """Refuses what is no sequence of ints above 0, or shorter than allowed.

    Example:
    >>> check_widths(1, hidden_units=64)
    Traceback (most recent call last):
    ValueError: `hidden_units` must hold at least 1 int above 0, such as \
(64,). Received: hidden_units=64
    """
    for name, value in arguments.items():
        if (
            not isinstance(value, list | tuple)
            or len(value) < least_length
            or any(not _is_int(x) or x < 1 for x in value)
        ):
            rule = f"at least {least_length} int" if least_length else "ints"
            _refuse(name, value, f"{rule} above 0, such as (64,)", verb="hold")


def check_at_least(least: float, /, **arguments: object) -> None:
    """Refuses what is no number of at least `least`, such as NaN.

    Example:
    >>> check_at_least(2, reduction=1)
    Traceback (most recent call last):
    ValueError: `reduction` must be at least 2. Received: reduction=1
    """
    for name, value in arguments.items():
        if not _is_number(value) or not value >= least:
            _refuse(name, value, f"at least {least}")


def check_fractions(**arguments: object) -> None:
    """Refuses what is no number in [0, 1).

    Example:
    >>> check_fractions(dropout_rate=1.0)
    Traceback (most recent call last):
    ValueError: `dropout_rate` must lie in [0, 1). Received: dropout_rate=1.0
    """
    for name, value in arguments.items():
        if not _is_number(value) or not 0 <= value < 1:
            _refuse(name, value, "in [0, 1)", verb="lie")


def check_positive(**arguments: object) -> None:
    """Refuses what is no finite number above 0.

    Example:
    >>> check_positive(epsilon=0)
    Traceback (most recent call last):
    ValueError: `epsilon` must be a finite number above 0. Received: epsilon=0
    """
    check_above(0, **arguments)


def check_above(bound: float, /, **arguments: object) -> None:
    """Refuses what is no finite number above `bound`.

    Example:
    >>> check_above(1, zeta=1)
    Traceback (most recent call last):
    ValueError: `zeta` must be a finite number above 1. Received: zeta=1
    """
    for name, value in arguments.items():
        if not _is_number(value) or not bound < value < float("inf"):
            _refuse(name, value, f"a finite number above {bound}")


def check_below(bound: float, /, **arguments: object) -> None:
    """Refuses what is no finite number below `bound`.

    Example:
    >>> check_below(0, gamma=0)
    Traceback (most recent call last):
    ValueError: `gamma` must be a finite number below 0. Received: gamma=0
    """
    for name, value in arguments.items():
        if not _is_number(value) or not -float("inf") < value < bound:
            _refuse(name, value, f"a finite number below {bound}")


def check_bools(**arguments: object) -> None:
    """Refuses what is neither True nor False.

    Example:
    >>> check_bools(gated="yes")
    Traceback (most recent call last):
    ValueError: `gated` must be True or False. Received: gated='yes'
    """
    for name, value in arguments.items():
        if not isinstance(value, bool):
            _refuse(name, value, "True or False")


def check_choices(options: Collection[object], /, **arguments: object) -> None:
    """Refuses what is none of the options.

    Example:
    >>> check_choices((None, "batch"), normalization="layer")
    Traceback (most recent call last):
    ValueError: `normalization` must be one of (None, 'batch'). \
Received: normalization='layer'
    """
    for name, value in arguments.items():
        # Compared by identity or equality, whatever may not be hashed.
        if not any(value is x or value == x for x in tuple(options)):
            _refuse(name, value, f"one of {tuple(options)}")


def check_names(**arguments: Collection[str]) -> None:
    """Refuses what is no sequence of names, empty, or names one twice.

    Example:
    >>> check_names(tasks=["click", "click"])
    Traceback (most recent call last):
    ValueError: `tasks` must hold at least one name, each once. \
Received: tasks=['click', 'click']
    """
    for name, value in arguments.items():
        if isinstance(value, str) or len(set(value)) < max(1, len(value)):
            _refuse(name, value, "at least one name, each once", verb="hold")


def check_instances(kind: type, /, **arguments: object) -> None:
    """Refuses what is of another class.

    Example:
    >>> check_instances(str, name=3)
    Traceback (most recent call last):
    ValueError: `name` must be a `str`. Received: name=3
    """
    for name, value in arguments.items():
        if not isinstance(value, kind):
            _refuse(name, value, f"a `{kind.__name__}`")


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _refuse(name: str, value: object, rule: str, verb: str = "be") -> None:
    raise ValueError(f"`{name}` must {verb} {rule}. Received: {name}={value!r}")


def names(text: str) -> list[str]:
    """Splits a text at its commas and strips blanks: `a, b`.

    Example:
    >>> names("click, like")
    ['click', 'like']
    """
    parts = [part.strip() for part in text.split(",")]
    return [part for part in parts if part]


def minutes(text: str) -> float:
    """Minutes of a budget; `none` is infinity.

    Raises:
        argparse.ArgumentTypeError: if it is no positive number.

    Example:
    >>> minutes("2.5"), minutes("none")
    (2.5, inf)
    """
    try:
        number = math.inf if text.lower() == "none" else float(text)
    except ValueError:
        number = math.nan
    if not number > 0:
        raise argparse.ArgumentTypeError(
            f"must be a positive number of minutes, or none. Received: {text}"
        )
    return number
