"""The labels in the columns of a table."""

import math
from collections.abc import Iterator

import numpy as np

from mtnas_preprocessing import raw_value
from mtnas_preprocessing.columns import Columns
from mtnas_preprocessing.raw_value import Value
from mtnas_tf.data.dealt_rows import DealtRows
from mtnas_tf.data.dealt_rows import take
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.split import SPLITS
from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.types import Array


def labelled_blocks(
    rows: DealtRows, schema: DatasetSchema
) -> Iterator[tuple[str, dict[str, Array]]]:
    """The rows of a table as they were written, with labels as numbers.

    Args:
        rows: `DealtRows`.
        schema: `DatasetSchema`.

    Yields:
        The name of a split and columns of some of its rows; those of tasks are
        float32 `(rows,)`.
    """
    first_row = 0
    for part, places in rows.parts():
        labels = labels_of(schema, part, first_row)
        first_row += len(places)
        for index, name in enumerate(SPLITS):
            own = np.flatnonzero(places == index)
            fields = (field.name for field in schema.fields)
            block: dict[str, Array] = {**take(part, fields, own)}
            yield name, block | {t: y[own, 0] for t, y in labels.items()}


def labels_of(
    schema: DatasetSchema, part: Columns, first_row: int
) -> dict[str, np.ndarray]:
    """Task -> its labels float32 `(rows, 1)`, NaN where missing.

    Args:
        schema: `DatasetSchema`.
        part: columns.
        first_row: int. The number that errors give the first row.

    Raises:
        ValueError: if a cell is not what its task holds.
    """
    labels = {
        task.name: _labels(task, part[task.name], first_row)
        for task in schema.tasks
    }
    return schema.mask(labels)


def _labels(task: TaskSpec, values: list[Value], first_row: int) -> np.ndarray:
    """Labels float32 `(rows, 1)`, NaN where missing."""
    labels = np.array([_number(value) for value in values], np.float64)
    bad = np.flatnonzero(~task.are_labels(labels))
    if bad.size:
        raise ValueError(
            f"Row {first_row + bad[0]}: column `{task.name}` must hold "
            f"{task.label_rule}, or nothing. Received: {values[bad[0]]!r}"
        )
    return labels[:, None].astype(np.float32)


def _number(value: Value) -> float:
    """A number, NaN if it is missing; of what is no number infinity."""
    try:
        number = raw_value.number(value)
    except (TypeError, ValueError):
        return math.inf  # no label of any kind
    return math.nan if number is None else number
