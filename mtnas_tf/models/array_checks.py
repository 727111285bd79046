"""Checks of the labels and weights that a model is given as arrays."""

from collections.abc import Iterable

import numpy as np

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import TaskSpec
from mtnas_tf.data.label_checks import check_labels
from mtnas_tf.data.label_checks import check_weights
from mtnas_tf.models.task_labels import task_labels
from mtnas_tf.models.task_weights import task_weights
from mtnas_tf.types import Labels
from mtnas_tf.types import SampleWeights


def check_arrays(
    tasks: Iterable[TaskSpec],
    labels: Labels,
    sample_weight: SampleWeights = None,
) -> None:
    """Refuses labels that are none of their task's, and impossible weights.

    A label that is missing or has the weight 0 does not count, whatever it is
    or weighs.

    Args:
        tasks: `TaskSpec`s.
        labels: as `fit` takes them, see `task_labels`.
        sample_weight: as `fit` takes it, see `task_weights`. Defaults to
            `None`.

    Raises:
        ValueError: it names task, rule, what was received and where.

    Example:
    >>> check_arrays([TaskSpec(name="click")], {"click": [1.0, 2.0]})
    Traceback (most recent call last):
    ValueError: `y` of task 'click' must be 0 or 1, or NaN. \
Received: 2.0 in row 1
    """
    tasks = tuple(tasks)
    labels = task_labels(tasks, labels)
    weights = task_weights(tasks, sample_weight) or {}
    for task in tasks:
        own, weight = labels[task.name], weights.get(task.name)
        if weight is not None and np.size(weight) == np.size(own):
            known = np.where(np.isnan(np.ravel(own)), 0, np.ravel(weight))
            check_weights(task, known)
        check_labels(task, own, weight, argument="y")


def check_batches(batches: object) -> None:
    """Refuses the data of all splits where one split's batches are wanted.

    Raises:
        ValueError: it names the attributes that hold them.
    """
    if isinstance(batches, MultiTaskData):
        raise ValueError(
            "`x` must be the batches of one split: `train`, `valid` or `test` "
            "of the data. Received: MultiTaskData"
        )
