"""Routes judged by networks of their own."""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import TaskSpec
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates import validation_score
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import train_jobs

Array = Any  # of NumPy


def train_routes(
    trainer: CandidateTrainer,
    data: MultiTaskData,
    routes: Sequence[Route],
    starts: Iterable[int],
) -> list[list[Outcome]]:
    """Trains every route from every start.

    Args:
        trainer: `CandidateTrainer`.
        data: `MultiTaskData`.
        routes: `Route`s of the trainer's space.
        starts: seeds of fresh weights, the same for all routes.

    Returns:
        For each route, an `Outcome` for each start.
    """
    starts = list(starts)
    jobs = [Job(0, route, start) for route in routes for start in starts]
    outcomes = train_jobs(trainer, data, jobs)
    size = len(starts)
    return [outcomes[i : i + size] for i in range(0, len(outcomes), size)]


def scores(
    tasks: Iterable[TaskSpec], outcomes: Sequence[Sequence[Outcome]], split: str
) -> Array:
    """Scores as a search has them: `(routes, starts)`.

    Args:
        tasks: of the data.
        outcomes: what `train_routes` returns.
        split: `"valid"` or `"test"`.
    """
    tasks = tuple(tasks)
    return np.array(
        [
            [validation_score(tasks, getattr(o, split)) for o in of_route]
            for of_route in outcomes
        ]
    )


def noise(found: Array) -> float:
    """Variance of a score about its route's mean.

    Without what a start does to all routes alike, which ranks none higher.

    Args:
        found: scores `(routes, starts)`, at least two of each.
    """
    residuals = (
        found
        - found.mean(axis=0)
        - found.mean(axis=1, keepdims=True)
        + found.mean()
    )
    routes, starts = found.shape
    return float((residuals**2).sum() / ((routes - 1) * (starts - 1)))
