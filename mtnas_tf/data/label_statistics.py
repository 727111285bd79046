"""Means and correlations of labels, a block of rows at a time."""

import itertools
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.types import Array


class LabelStatistics:
    """Counts and sums of labels, for means and Pearson's correlations.

    Labels are shifted by the first one of their task that is not missing, so
    that sums of squares lose nothing to a large mean.

    Args:
        tasks: names of the tasks.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        self._tasks = tuple(tasks)
        self._num_rows = 0
        self._shift = np.full(len(tasks), np.nan)
        shape = (len(tasks), len(tasks))
        # At [i, j], over the rows that have both labels: how many they are,
        # and of label i the sum, of its squares and of its products with j.
        self._count = np.zeros(shape)
        self._sum = np.zeros(shape)
        self._square = np.zeros(shape)
        self._product = np.zeros(shape)

    def update(self, block: Mapping[str, Array]) -> int:
        """Adds rows; returns how many.

        Args:
            block: dict whose arrays of tasks are labels `(rows,)`.
        """
        if not len(block[self._tasks[0]]):
            return 0
        labels = np.stack([block[task] for task in self._tasks], axis=1)
        labels = labels.astype(np.float64)
        known = ~np.isnan(labels)
        first = labels[known.argmax(axis=0), np.arange(len(self._tasks))]
        is_new = np.isnan(self._shift)
        self._shift[is_new] = first[is_new]
        shifted = np.where(known, labels - self._shift, 0.0)
        has_label = known.astype(np.float64)
        self._num_rows += len(labels)
        self._count += has_label.T @ has_label
        self._sum += shifted.T @ has_label
        self._square += (shifted**2).T @ has_label
        self._product += shifted.T @ shifted
        return len(labels)

    def tasks(self) -> dict[str, dict[str, float]]:
        """Task -> `mean`, NaN if no row has a label, and `missing` (share)."""
        count = self._count.diagonal()
        with np.errstate(invalid="ignore"):
            mean = self._shift + self._sum.diagonal() / count
        missing = 1 - count / self._num_rows
        return {
            task: {"mean": float(mean[i]), "missing": float(missing[i])}
            for i, task in enumerate(self._tasks)
        }

    def correlations(self) -> list[dict[str, Any]]:
        """`tasks` and `pearson` of every two, NaN where one is constant."""
        with np.errstate(invalid="ignore"):
            covariance = self._product - self._sum * self._sum.T / self._count
            variance = self._square - self._sum**2 / self._count
            pearson = covariance / np.sqrt(variance * variance.T)
        return [
            {
                "tasks": [self._tasks[i], self._tasks[j]],
                "pearson": float(pearson[i, j]),
            }
            for i, j in itertools.combinations(range(len(self._tasks)), 2)
        ]
