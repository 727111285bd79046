"""How much each task counts in scores."""

import dataclasses
from collections.abc import Mapping

from mtnas_tf.data.schema import DatasetSchema


def with_score_weights(
    schema: DatasetSchema, weights: Mapping[str, float]
) -> DatasetSchema:
    """A schema whose tasks have a `score_weight` each.

    Args:
        schema: `DatasetSchema`.
        weights: dict task name -> float > 0; tasks that it lacks count 1.

    Raises:
        ValueError: for a name that is no task's, or another weight.

    Example:
    >>> schema = mt.data.load("synthetic_mtl", data_dir="tfds").schema
    >>> schema = with_score_weights(schema, {schema.task_names[0]: 2.0})
    >>> [task.score_weight for task in schema.tasks]
    [2.0, 1.0]
    """
    if not set(weights) <= set(schema.task_names):
        raise ValueError(
            f"`weights` must be of tasks, {list(schema.task_names)}. "
            f"Received: {dict(weights)}"
        )
    tasks = tuple(
        dataclasses.replace(task, score_weight=weights.get(task.name, 1.0))
        for task in schema.tasks
    )
    return dataclasses.replace(schema, tasks=tasks)
