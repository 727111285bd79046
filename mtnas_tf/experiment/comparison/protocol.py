"""The protocol of a comparison, to read and to repeat it."""

import time
from typing import Any

import numpy as np

from mtnas_tf.config import values_without_places
from mtnas_tf.experiment.comparison.comparison import Comparison
from mtnas_tf.experiment.comparison.notes import notes_of
from mtnas_tf.experiment.label_counts import label_counts
from mtnas_tf.experiment.tuned import RANGES
from mtnas_tf.experiment.tuned import SEARCHED
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.tasks import TASK_KINDS


def protocol_of(comparison: Comparison, dense_target: int) -> dict[str, Any]:
    """`protocol` of `compare.json`.

    Args:
        comparison: `Comparison`, all rows made.
        dense_target: int. See `train_baselines`.
    """
    config = comparison.config
    splits = next(iter(comparison.data.values())).splits
    return {
        "config": values_without_places(config),
        "num_seeds": comparison.num_seeds,
        "num_splits": len(comparison.data),
        "rows": {name: len(split) for name, split in splits.items()},
        "labels": label_counts(comparison.schema, splits),
        "dense_parameters_matched_to": dense_target or None,
        "optim": {
            method: _optim(comparison, method)
            for method in (SEARCHED, *config.model.baselines)
        },
        "trainings_of_a_search": comparison.num_trainings,
        "rarest_labels": _rarest_labels(comparison),
        "notes": notes_of(comparison),
        "selection": "epoch of least validation loss, best of several by "
        "validation score; test read once a network",
        "date": time.strftime("%Y-%m-%d"),
    }


def _optim(comparison: Comparison, method: str) -> dict[str, float]:
    """The optimizer config of a method, tuned or not."""
    optim = with_tuned(comparison.config, method).optim
    return {name: getattr(optim, name) for name in RANGES}


def _rarest_labels(comparison: Comparison) -> dict[str, int]:
    """Least number of labels of each binary task's rarer class."""
    return {
        task.name: min(
            _rarer_class(data.splits["test"].labels[task.name])
            for data in comparison.data.values()
        )
        for task in comparison.schema.tasks
        if TASK_KINDS[task.kind].has_positives
    }


def _rarer_class(labels: np.ndarray) -> int:
    """Number of observed labels of the rarer class."""
    return int(min((labels == value).sum() for value in (0, 1)))
