"""Refuses numbers that cannot be a task's labels or sample weights."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mtnas_tf.data.task_spec import TaskSpec

CHECKED_ROWS = 2**18  # at a time


def check_labels(
    task: TaskSpec,
    labels: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    argument: str = "labels",
    first_row: int = 0,
) -> None:
    """Refuses what is no label of the task; NaN is missing, and passes.

    Args:
        task: `TaskSpec`.
        labels: array, or what NumPy makes one of.
        weights: as many numbers, or None for 1 each. A label of weight 0 does
            not count, whatever it is. Defaults to `None`.
        argument: string. Name of the argument, for the error. Defaults to
            `"labels"`.
        first_row: int. Number of the first row, for the error. Defaults to
            `0`.

    Raises:
        ValueError: it names task, rule, label and row.

    Example:
    >>> check_labels(TaskSpec(name="click"), [1.0, -1.0])
    Traceback (most recent call last):
    ValueError: `labels` of task 'click' must be 0 or 1, or NaN. \
Received: -1.0 in row 1
    """
    labels = _numbers(labels, argument)
    if weights is not None and np.size(weights) == labels.size:
        is_out = np.reshape(weights, labels.shape) == 0
        labels = np.where(is_out, np.nan, labels)
    _check(
        labels,
        task.are_labels,
        f"`{argument}` of task {task.name!r} must be {task.label_rule}, or NaN",
        first_row,
    )


def check_weights(
    task: TaskSpec, weights: npt.ArrayLike, argument: str = "sample_weight"
) -> None:
    """Refuses sample weights that are negative or not finite.

    Args:
        task: `TaskSpec`.
        weights: array, or what NumPy makes one of.
        argument: string. Name of the argument, for the error. Defaults to
            `"sample_weight"`.

    Raises:
        ValueError: it names task, rule, weight and row.

    Example:
    >>> check_weights(TaskSpec(name="click"), [0.5, -1.0])
    Traceback (most recent call last):
    ValueError: `sample_weight` of task 'click' must be finite and not \
negative. Received: -1.0 in row 1
    """
    _check(
        _numbers(weights, argument),
        lambda values: np.isfinite(values) & (values >= 0),
        f"`{argument}` of task {task.name!r} must be finite and not negative",
        0,
    )


def check_required(
    tasks: Iterable[TaskSpec],
    labels: Mapping[str, np.ndarray],
    first_row: int = 0,
) -> None:
    """Refuses rows with a label 1 and a 0 of the task that it requires.

    Args:
        tasks: `TaskSpec`s.
        labels: dict task name -> labels, NaN where missing.
        first_row: int. Number of the first row, for the error. Defaults to
            `0`.

    Raises:
        ValueError: it names both tasks and the row.

    Example:
    >>> tasks = [TaskSpec(name="buy", requires="click"), TaskSpec(name="click")]
    >>> labels = {"buy": np.array([0, 1]), "click": np.array([1, 0])}
    >>> check_required(tasks, labels)
    Traceback (most recent call last):
    ValueError: `labels` of task 'buy' must be 0 where those of 'click' are, \
which it requires. Received: 1 in row 1
    """
    for task in tasks:
        if task.requires is not None:
            is_wrong = (labels[task.name] == 1) & (labels[task.requires] == 0)
            if is_wrong.any():
                row = np.argwhere(is_wrong)[0][0]
                raise ValueError(
                    f"`labels` of task {task.name!r} must be 0 where those of "
                    f"{task.requires!r} are, which it requires. "
                    f"Received: 1 in row {first_row + row}"
                )


def _check(
    values: np.ndarray,
    is_valid: Callable[[np.ndarray], np.ndarray],
    rule: str,
    first_row: int,
) -> None:
    rows = np.atleast_1d(values)
    rows = rows.reshape(len(rows), -1)
    for start in range(0, len(rows), CHECKED_ROWS):
        part = rows[start : start + CHECKED_ROWS]
        bad = np.argwhere(~is_valid(part))
        if bad.size:
            row, column = bad[0]
            raise ValueError(
                f"{rule}. Received: {part[row, column]} in row "
                f"{first_row + start + row}"
            )


def _numbers(values: npt.ArrayLike, argument: str) -> np.ndarray:
    values = np.asarray(values)
    if values.dtype.kind in "biuf":
        return values
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{argument}` must hold numbers. Received: dtype={values.dtype}"
        ) from error
