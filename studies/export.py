"""The rows of a study, written once for every library."""

import numpy as np

from benchmarks import book_crossing
from benchmarks.peers.exported_data import ExportedData
from benchmarks.workload import TASKS
from benchmarks.workload import Workload
from mtnas_tf.data import MultiTaskData

RANDOM_ROWS = {"train": 256, "valid": 128, "test": 128}


def export(data: MultiTaskData) -> ExportedData:
    """The ids and labels of all rows, in their order."""
    tasks = data.schema.task_names
    return ExportedData(
        fields=tuple(
            field.name for field in data.schema.preprocessor.id_fields
        ),
        tasks=tasks,
        num_buckets=data.schema.num_buckets,
        ids={name: rows.inputs["ids"] for name, rows in data.splits.items()},
        labels={
            name: np.concatenate([rows.labels[task] for task in tasks], axis=1)
            for name, rows in data.splits.items()
        },
    )


def export_book_crossing(split_seed: int) -> ExportedData:
    """The rows of `configs/book_crossing.py`.

    Args:
        split_seed: int >= 0. See `mtnas_tf.data.load`.
    """
    _, data = book_crossing.load(split_seed)
    return export(data)


def export_random() -> ExportedData:
    """A few rows that mean nothing."""
    ends = np.cumsum(list(RANDOM_ROWS.values()))
    workload = Workload(
        vocabulary=1200, batch_size=1, num_examples=int(ends[-1])
    )
    ids = np.split(workload.shared_ids, ends[:-1])
    labels = np.split(workload.labels, ends[:-1])
    return ExportedData(
        fields=workload.field_names,
        tasks=TASKS,
        num_buckets=workload.num_rows,
        ids=dict(zip(RANDOM_ROWS, ids, strict=True)),
        labels=dict(zip(RANDOM_ROWS, labels, strict=True)),
    )
