"""Networks that another process trains side by side."""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data.stored_data import StoredData
from mtnas_tf.population import Candidate
from mtnas_tf.population.stored_trainer import StoredTrainer
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import train_jobs
from mtnas_tf.search.candidates.validation_score import validation_score


@dataclasses.dataclass(frozen=True)
class PopulationJob:
    """A population of routes to train.

    Args:
        name: string, for errors.
        trainer: `StoredTrainer`.
        data: `StoredData`.
        networks: as many `Job`s as there are places, or fewer.
        penalties: float for each network, which its score is lowered by.
            Defaults to `()`, none.
    """

    name: str
    trainer: StoredTrainer
    data: StoredData
    networks: Sequence[Job]
    penalties: Sequence[float] = ()


@dataclasses.dataclass(frozen=True)
class TrainedPopulation:
    """What a population of a search ended with.

    Args:
        candidates: in the order of the networks.
        best: number of the one of the highest score.
        weights: of its pruned network.
    """

    candidates: list[Candidate]
    best: int
    weights: list[np.ndarray]


def train_population(job: PopulationJob) -> TrainedPopulation:
    """Trains the networks of a search's job; keeps the best one's weights."""
    trainer, data = job.trainer.open(), _opened(job.data)
    routes = [network.route for network in job.networks]
    starts = [network.start for network in job.networks]
    (candidates,) = trainer.train(data, routes, starts)
    tasks = data.schema.tasks
    scores = [
        validation_score(tasks, candidate.valid) - penalty
        for candidate, penalty in zip(candidates, job.penalties, strict=True)
    ]
    best = max(range(len(scores)), key=scores.__getitem__)
    return TrainedPopulation(
        candidates, best, trainer.network(best).get_weights()
    )


def measure_population(job: PopulationJob) -> list[Outcome]:
    """Trains the networks of a job and reads the test split once for each."""
    return train_jobs(job.trainer.open(), _opened(job.data), job.networks)


@functools.lru_cache(maxsize=1)  # the next job has the same, mostly
def _opened(stored: StoredData) -> MultiTaskData:
    return stored.open()
