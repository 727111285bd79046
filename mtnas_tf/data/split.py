"""The rows of one split as arrays."""

import dataclasses
import mmap
from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np

from mtnas_preprocessing import PADDING
from mtnas_tf.data.label_checks import CHECKED_ROWS
from mtnas_tf.data.label_checks import check_labels
from mtnas_tf.data.label_checks import check_required
from mtnas_tf.data.schema import DatasetSchema

SPLITS = ("train", "valid", "test")


@dataclasses.dataclass(frozen=True)
class Split:
    """Encoded rows with their labels, in memory or as memory maps.

    Args:
        inputs: dict with `ids`, int32 `(rows, num_ids)`, and/or `values`,
            float32 `(rows, num_values)`, as of a `Preprocessor`.
        labels: dict task name -> float32 `(rows, 1)`, NaN where missing.

    Example:
    >>> split = Split({"ids": np.array([[3], [5]])}, {"click": np.ones((2, 1))})
    >>> len(split), split.take(np.array([1])).inputs["ids"].tolist()
    (2, [[5]])
    """

    inputs: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(next(iter(self.labels.values())))

    def take(self, rows: np.ndarray) -> "Split":
        """The given rows, in the given order."""
        return Split(
            {name: values[rows] for name, values in self.inputs.items()},
            {name: values[rows] for name, values in self.labels.items()},
        )

    def blocks(self, num_rows: int) -> "Iterator[Split]":
        """Views of consecutive rows, `num_rows` each but for the last.

        A block's pages are let go when the next block is asked for.
        """
        for start in range(0, len(self), num_rows):
            rows = slice(start, start + num_rows)
            yield Split(
                {name: values[rows] for name, values in self.inputs.items()},
                {name: values[rows] for name, values in self.labels.items()},
            )
            self.let_go()

    def let_go(self) -> None:
        """Unmaps pages of memory maps until they are read again.

        Otherwise all pages that were read count as resident memory.
        """
        for array in (*self.inputs.values(), *self.labels.values()):
            pages = array.base
            if isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
                pages.madvise(mmap.MADV_DONTNEED)

    def with_tasks(self, names: Sequence[str]) -> "Split":
        """The same rows with the given labels alone."""
        return Split(self.inputs, {name: self.labels[name] for name in names})

    def check(self, schema: DatasetSchema) -> None:
        """Raises `ValueError` where the arrays do not fit the schema."""
        if set(self.labels) != set(schema.task_names):
            raise ValueError(
                f"`labels` must have the schema's tasks {schema.task_names}. "
                f"Received: {tuple(self.labels)}"
            )
        arrays = {**self.inputs, **self.labels}
        shapes = {name: values.shape for name, values in arrays.items()}
        widths = schema.input_widths
        expected = {name: (len(self), width) for name, width in widths.items()}
        expected |= {name: (len(self), 1) for name in schema.task_names}
        if shapes != expected:
            raise ValueError(
                "`inputs` and `labels` must have the schema's shapes "
                f"{expected}. Received: {shapes}"
            )
        least = np.where(schema.preprocessor.may_pad, PADDING, 0)
        for index, block in enumerate(self.blocks(CHECKED_ROWS)):
            first = index * CHECKED_ROWS
            for task in schema.tasks:
                labels = block.labels[task.name]
                check_labels(task, labels, first_row=first)
            check_required(schema.tasks, block.labels, first_row=first)
            if "ids" in self.inputs:
                _check_ids(
                    block.inputs["ids"], least, schema.num_buckets, first
                )

    @staticmethod
    def concatenate(splits: "list[Split]") -> "Split":
        """The rows of several splits, one after the other."""
        first = splits[0]
        return Split(
            {
                k: np.concatenate([s.inputs[k] for s in splits])
                for k in first.inputs
            },
            {
                k: np.concatenate([s.labels[k] for s in splits])
                for k in first.labels
            },
        )


def _check_ids(
    ids: np.ndarray, least: np.ndarray, num_buckets: int, first_row: int
) -> None:
    bad = (ids < least) | (ids >= num_buckets)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            f"`ids` must lie in [{least[column]}, {num_buckets}). Received: "
            f"id={ids[row, column]} in row {first_row + row}, column {column}"
        )
