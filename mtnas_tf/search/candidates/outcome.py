"""Outcomes of trainings on one split: single, the best, or their mean."""

import dataclasses
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import TaskSpec
from mtnas_tf.metrics.task_metrics import mean_metrics
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.population import Trained
from mtnas_tf.population.population import Population
from mtnas_tf.population.sharing_of_candidates import sharing_of_candidates
from mtnas_tf.routes import Route
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.metrics_on_test import each_on_test
from mtnas_tf.search.candidates.validation_score import validation_score
from mtnas_tf.types import DomainMetrics
from mtnas_tf.types import TaskMetrics

READ_BATCHES = 4  # enough for the mean of a gate


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Metrics of a trained network, or of the best or the mean of several.

    Args:
        pair: int.
        route: `Route`, or `None` where there is none or several.
        epochs: passes over the training rows, of all trainings together.
        seconds: wall clock, of all trainings together.
        valid: dict task name -> metric -> value, on the validation split.
        test: the same, on the test split.
        num_trainings: int. Defaults to `1`.
        sharing: who reads what, on rows of the validation split. Defaults to
            `()`: it was not read off.
        valid_of_each: of a mean, the validation metrics of each training.
            Defaults to `()`.
        test_domains: dict task name -> domain -> metric -> value, on the test
            split; empty if the schema lists no domains. Defaults to `{}`.
    """

    pair: int
    route: Route | None
    epochs: int
    seconds: float
    valid: TaskMetrics
    test: TaskMetrics
    num_trainings: int = 1
    sharing: Sequence[SharingMatrix] = ()
    valid_of_each: Sequence[TaskMetrics] = ()
    test_domains: DomainMetrics = dataclasses.field(default_factory=dict)


def train_jobs(
    trainer: CandidateTrainer,
    data: MultiTaskData,
    jobs: Sequence[Job],
    reads_sharing: bool = False,
) -> list[Outcome]:
    """Trains every job's network and reads the test split once for each.

    Args:
        trainer: `CandidateTrainer`.
        data: `MultiTaskData`.
        jobs: sequence of `Job`.
        reads_sharing: bool. Whether outcomes tell who reads what. Defaults to
            `False`.
    """
    population = trainer.population
    chunks = trainer.train(
        data, [job.route for job in jobs], [job.start for job in jobs]
    )

    def sharing() -> list[list[SharingMatrix]]:
        return sharing_of_candidates(population, data.valid, READ_BATCHES)

    outcomes = outcomes_of(
        chunks,
        population,
        data,
        [job.pair for job in jobs],
        sharing if reads_sharing else None,
    )
    return [
        dataclasses.replace(outcome, route=job.route)
        for job, outcome in zip(jobs, outcomes, strict=True)
    ]


def outcomes_of(
    chunks: Iterable[Sequence[Candidate | Trained]],
    population: Population,
    data: MultiTaskData,
    pairs: Sequence[int],
    sharing: Callable[[], list[list[SharingMatrix]]] | None = None,
) -> list[Outcome]:
    """Reads the test split once for each network that is trained.

    Args:
        chunks: what a trainer's `train` returns.
        population: the trainer's.
        data: `MultiTaskData`.
        pairs: of the networks, in order.
        sharing: returns who reads what in each network of the population.
            Defaults to `None`: outcomes do not tell.
    """
    outcomes: list[Outcome] = []
    start = time.perf_counter()
    for chunk in chunks:
        seconds = (time.perf_counter() - start) / len(chunk)
        tests = each_on_test(population, data)
        matrices: list[Sequence[SharingMatrix]] = [()] * len(tests)
        if sharing is not None:
            matrices = list(sharing())
        done = pairs[len(outcomes) : len(outcomes) + len(chunk)]
        outcomes += [
            Outcome(
                pair,
                None,
                found.epochs,
                seconds,
                found.valid,
                sharing=own,
                **test,
            )
            for pair, found, test, own in zip(
                done, chunk, tests, matrices, strict=False
            )
        ]
        start = time.perf_counter()
    return outcomes


def best_of(tasks: Sequence[TaskSpec], outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome that scores best on the validation split."""
    best = max(outcomes, key=lambda o: validation_score(tasks, o.valid))
    return dataclasses.replace(best, **total_effort(outcomes))


def mean_of(outcomes: Sequence[Outcome]) -> Outcome:
    """Mean metrics of several trainings, with their route if it is the same."""
    first = outcomes[0]
    is_one_route = all(outcome.route == first.route for outcome in outcomes)
    return dataclasses.replace(
        first,
        route=first.route if is_one_route else None,
        sharing=(),
        valid_of_each=[outcome.valid for outcome in outcomes],
        valid=mean_metrics([outcome.valid for outcome in outcomes]),
        test=mean_metrics([outcome.test for outcome in outcomes]),
        test_domains=_mean_in_domains(outcomes),
        **total_effort(outcomes),
    )


def _mean_in_domains(outcomes: Sequence[Outcome]) -> DomainMetrics:
    return {
        task: mean_metrics([outcome.test_domains[task] for outcome in outcomes])
        for task in outcomes[0].test_domains
    }


def total_effort(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Epochs and seconds of several trainings together."""
    return {
        "epochs": sum(outcome.epochs for outcome in outcomes),
        "seconds": sum(outcome.seconds for outcome in outcomes),
        "num_trainings": sum(outcome.num_trainings for outcome in outcomes),
    }
