"""Counts of labels: how many are there, missing and positive."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mtnas_tf.data import DatasetSchema
from mtnas_tf.data.label_checks import CHECKED_ROWS
from mtnas_tf.data.split import Split
from mtnas_tf.tasks import TASK_KINDS

Counts = dict[str, dict[str, dict[str, Any]]]


def label_counts(schema: DatasetSchema, splits: Mapping[str, Split]) -> Counts:
    """Counts of every task's labels in every split.

    Args:
        schema: `DatasetSchema`.
        splits: name -> `Split`.

    Returns:
        split -> task -> `{"rows", "missing", "positives", "mean"}`: `positives`
        are `None` for a task that has none to count, `mean` is that of the
        labels, NaN without any.
    """
    return {name: _of_split(schema, split) for name, split in splits.items()}


def _of_split(schema: DatasetSchema, split: Split) -> dict[str, dict[str, Any]]:
    known = dict.fromkeys(schema.task_names, 0)
    total = dict.fromkeys(schema.task_names, 0.0)
    for block in split.blocks(CHECKED_ROWS):
        for name in schema.task_names:
            labels = block.labels[name].astype(np.float64)
            known[name] += int(np.count_nonzero(~np.isnan(labels)))
            total[name] += float(np.nansum(labels))
    found = {}
    for task in schema.tasks:
        count = known[task.name]
        is_counted = TASK_KINDS[task.kind].has_positives
        found[task.name] = {
            "rows": len(split),
            "missing": len(split) - count,
            "positives": round(total[task.name]) if is_counted else None,
            "mean": total[task.name] / count if count else float("nan"),
        }
    return found
