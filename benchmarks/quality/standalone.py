"""Routes judged by networks of their own."""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.outcome import Job
from mtnas_tf.experiment.outcome import train_jobs
from mtnas_tf.models import Route
from mtnas_tf.search import CandidateTrainer
from mtnas_tf.search import validation_score

Array = Any  # of NumPy


def standalone_scores(
    trainer: CandidateTrainer,
    data: MultiTaskData,
    routes: Sequence[Route],
    starts: Iterable[int],
) -> dict[str, Array]:
    """Trains every route from every start.

    The score is that of a search: the sum of the tasks' AUCs, or minus their
    squared errors.

    Args:
        trainer: `CandidateTrainer`.
        data: `MultiTaskData`.
        routes: `Route`s of the trainer's space.
        starts: seeds of fresh weights, the same for all routes.

    Returns:
        `valid` and `test`: `(routes, starts)`.
    """
    jobs = [
        Job(0, route, start) for start in starts for route in routes
    ]  # neighbours in a population have their start in common
    outcomes = train_jobs(trainer, data, jobs)
    tasks = data.schema.tasks
    return {
        split: np.reshape(
            [validation_score(tasks, getattr(o, split)) for o in outcomes],
            (-1, len(routes)),
        ).T
        for split in ("valid", "test")
    }
