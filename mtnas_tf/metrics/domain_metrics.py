"""Metrics of the rows of each domain."""

import warnings
from collections.abc import Callable
from collections.abc import Mapping

import numpy as np

from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.types import Array
from mtnas_tf.types import DomainMetrics
from mtnas_tf.types import TaskMetrics

NUM_LABELS = "num_labels"
ByTask = Mapping[str, Array]  # an entry for each row


def rows_of_domains(
    schema: DatasetSchema, ids: np.ndarray
) -> dict[str, np.ndarray]:
    """The numbers of the rows of each domain that has any.

    Args:
        schema: `DatasetSchema`, with `domains`.
        ids: int `(rows, num_ids)`.

    Example:
    >>> tab = mt.data.FieldSpec(name="tab", vocabulary=("home", "search"))
    >>> schema = mt.data.DatasetSchema(
    ...     name="log",
    ...     fields=(tab,),
    ...     tasks=(mt.data.TaskSpec(name="click"),),
    ...     domain="tab",
    ... )
    >>> rows = rows_of_domains(schema, np.array([[1], [2], [1]]))
    >>> {name: numbers.tolist() for name, numbers in rows.items()}
    {'search': [0, 2], '(others)': [1]}
    """
    domains = schema.domains
    indices = domains.indices(ids)
    rows = (np.flatnonzero(indices == i) for i in range(len(domains)))
    named = zip(domains.names, rows, strict=True)
    return {name: numbers for name, numbers in named if numbers.size}


def domain_metrics(
    evaluate: Callable[[ByTask, ByTask, ByTask], TaskMetrics],
    labels: ByTask,
    predictions: ByTask,
    weights: ByTask,
    rows: Mapping[str, np.ndarray],
) -> DomainMetrics:
    """Metrics of every task within every domain.

    What the labels of a domain leave undefined is NaN, without a warning: that
    a small one has no positive label is no fault.

    Args:
        evaluate: from labels, predictions and weights of some rows, by task, to
            the tasks' metrics.
        labels: dict task name -> array of all rows.
        predictions: dict task name -> array.
        weights: dict task name -> array, of the tasks that have weights.
        rows: what `rows_of_domains` returns.

    Returns:
        dict task name -> domain -> metric -> value, with `num_labels`, the
        labels that are observed.
    """
    found: DomainMetrics = {}
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Task `", category=UserWarning
        )
        for domain, numbers in rows.items():
            parts = [
                {task: np.asarray(x)[numbers] for task, x in columns.items()}
                for columns in (labels, predictions, weights)
            ]
            for task, metrics in evaluate(*parts).items():
                observed = int((~np.isnan(parts[0][task])).sum())
                values = {**metrics, NUM_LABELS: observed}
                found.setdefault(task, {})[domain] = values
    return found
