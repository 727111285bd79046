"""Proposes a task for a column of labels."""

import numpy as np

from mtnas_preprocessing import raw_value
from mtnas_preprocessing.raw_value import Value
from mtnas_tf.data.column_summary import ColumnSummary
from mtnas_tf.data.looks import NUMERIC
from mtnas_tf.data.looks import look
from mtnas_tf.data.task_spec import TaskSpec

SHOWN_VALUES = 9
_NUMBERS = NUMERIC | {"missing", "missing number", "inexact"}


def proposed_task(summary: ColumnSummary) -> TaskSpec:
    """The task whose labels a column holds: 0 and 1, or more than two numbers.

    A regression is scaled by the mean and deviation of its training labels.

    Args:
        summary: `ColumnSummary`.

    Raises:
        ValueError: if a label is no number; or if there are one or two, and
            not 0 and 1: these are classes, and which of them is the positive
            one must be said. A regression of such labels takes a schema that
            declares it.
    """
    name = summary.name
    values = summary.distinct
    if not summary.looks <= _NUMBERS:
        odd = [value for value in values if look(value) not in _NUMBERS]
        raise _wrong(name, "numbers", odd or sorted(summary.looks - _NUMBERS))
    found = map(raw_value.number, values)
    numbers = {number for number in found if number is not None}
    if not numbers:
        raise ValueError(
            f"Column `{name}` must hold labels of a task. Received: none"
        )
    if numbers <= {0, 1}:
        return TaskSpec(name=name)
    if len(numbers) <= 2:
        raise _two_classes(name, sorted(numbers))
    return _regression(summary)


def _regression(summary: ColumnSummary) -> TaskSpec:
    """The task with the mean and the deviation of its training labels."""
    numbers = map(raw_value.number, summary.sample)
    labels = np.array([n for n in numbers if n is not None], np.float64)
    labels = labels[np.abs(labels) <= raw_value.LARGEST_FLOAT32]
    mean = float(labels.mean()) if labels.size else 0.0
    scale = float(labels.std()) if labels.size else 1.0
    return TaskSpec(
        name=summary.name, kind="regression", mean=mean, scale=scale or 1.0
    )


def _wrong(name: str, content: str, values: list[Value]) -> ValueError:
    shown = sorted(values, key=str)[:SHOWN_VALUES]
    mapping = {value: index for index, value in enumerate(shown[:2])}
    return ValueError(
        f"Column `{name}` must hold {content}, the labels of a task. "
        f"Received: {shown}. Map them first, for example "
        f"table[{name!r}] = table[{name!r}].map({mapping})"
    )


def _two_classes(name: str, numbers: list[float]) -> ValueError:
    """The smaller number becomes 0; a single one may be either."""
    shown = [int(n) if n.is_integer() else n for n in numbers]
    mapping = {n: index for index, n in enumerate(shown)}
    return ValueError(
        f"Column `{name}` must hold 0 and 1, or more than two numbers, the "
        f"labels of a task. Received: {shown}. Map them first, for example "
        f"table[{name!r}] = table[{name!r}].astype(float).map({mapping}), or "
        "pass a schema whose task has the kind 'regression'"
    )
