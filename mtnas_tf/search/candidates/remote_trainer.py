"""Trains candidates in other processes."""

import dataclasses
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import Executor

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data.stored_data import StoredData
from mtnas_tf.jobs import jobs_in_order
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.population.stored_trainer import StoredTrainer
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.population_job import PopulationJob
from mtnas_tf.search.candidates.population_job import TrainedPopulation
from mtnas_tf.search.candidates.population_job import measure_population
from mtnas_tf.search.candidates.population_job import train_population


class RemoteTrainer(CandidateTrainer):
    """Trains populations as jobs of an executor, all of a call at once.

    Args:
        trainer: `CandidateTrainer` that it stands for.
        executor: `concurrent.futures.Executor`.
        data: `StoredData` of the data that it trains on.
        penalty: callable `(route)` -> float that a score is lowered by.
    """

    is_remote = True

    def __init__(
        self,
        trainer: CandidateTrainer,
        executor: Executor,
        data: StoredData,
        penalty: Callable[[Route], float],
    ) -> None:
        super().__init__(trainer.population, trainer.epochs, trainer.patience)
        self.trainer = trainer
        self.executor = executor
        self.data = data
        self.penalty = penalty
        self.trained: TrainedPopulation

    def with_epochs(self, share: int) -> "RemoteTrainer":
        return RemoteTrainer(
            self.trainer.with_epochs(share),
            self.executor,
            self.data,
            self.penalty,
        )

    def train(
        self,
        data: MultiTaskData,
        routes: Sequence[Route],
        seeds: Sequence[int],
    ) -> Iterator[list[Candidate]]:
        networks = [
            Job(seed, route, seed)
            for route, seed in zip(routes, seeds, strict=True)
        ]
        jobs = [
            dataclasses.replace(
                job, penalties=[self.penalty(n.route) for n in job.networks]
            )
            for job in _population_jobs(self.trainer, self.data, networks)
        ]
        for trained in jobs_in_order(self.executor, train_population, jobs):
            self.trained = trained
            yield trained.candidates

    def network(self, place: int) -> SparseRouteModel:
        found = self.trained
        if place != found.best:
            raise ValueError(
                f"`place` must be that of the best candidate, {found.best}. "
                f"Received: place={place}"
            )
        route = found.candidates[place].route
        network = self.population.new_network(route)
        network.set_weights(found.weights)
        return network


def train_jobs_elsewhere(
    trainer: CandidateTrainer,
    executor: Executor,
    data: StoredData,
    networks: Sequence[Job],
) -> list[Outcome]:
    """The outcomes of `train_jobs`, from jobs of an executor.

    Args:
        trainer: `CandidateTrainer`.
        executor: `concurrent.futures.Executor`.
        data: `StoredData`.
        networks: sequence of `Job`.
    """
    jobs = _population_jobs(trainer, data, networks)
    parts = jobs_in_order(executor, measure_population, jobs)
    return [outcome for part in parts for outcome in part]


def _population_jobs(
    trainer: CandidateTrainer, data: StoredData, networks: Sequence[Job]
) -> list[PopulationJob]:
    """The populations that one process would train, one after the other."""
    places = trainer.population.num_candidates
    stored = StoredTrainer.of(trainer)
    return [
        PopulationJob(
            f"networks {first + 1} to {first + len(part)}", stored, data, part
        )
        for first in range(0, len(networks), places)
        for part in [networks[first : first + places]]
    ]
