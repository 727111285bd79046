"""Networks trained on one split, as rows of a comparison."""

import dataclasses
import time
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import TaskSpec
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates import validation_score
from mtnas_tf.tasks import TASK_KINDS

Metrics = dict[str, float]
Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Job:
    """A network to train for a pair.

    Args:
        pair: int. The seed under which methods are compared.
        route: `Route`.
        start: int. Seed of the network's fresh weights.
    """

    pair: int
    route: Route
    start: int


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A trained network; several of them, picked from or averaged.

    Args:
        pair: int.
        route: `Route`, or `None` where there is none or several.
        epochs: passes over the training rows, of all trainings together.
        seconds: wall clock, of all trainings together.
        valid: metrics on the validation split.
        test: metrics on the test split.
        num_trainings: int. Defaults to `1`.
    """

    pair: int
    route: Route | None
    epochs: int
    seconds: float
    valid: Metrics
    test: Metrics
    num_trainings: int = 1


def train_jobs(
    trainer: CandidateTrainer, data: MultiTaskData, jobs: Sequence[Job]
) -> list[Outcome]:
    """Trains every job's network and reads the test split once for each."""
    outcomes: list[Outcome] = []
    chunks = trainer.train(
        data, [job.route for job in jobs], [job.start for job in jobs]
    )
    start = time.perf_counter()
    for chunk in chunks:
        seconds = (time.perf_counter() - start) / len(chunk)
        tests = trainer.population.evaluate_each(data.test)
        done = jobs[len(outcomes) : len(outcomes) + len(chunk)]
        outcomes += [
            Outcome(
                job.pair, job.route, found.epochs, seconds, found.valid, test
            )
            for job, found, test in zip(done, chunk, tests, strict=False)
        ]
        start = time.perf_counter()
    return outcomes


def best_of(tasks: Sequence[TaskSpec], outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome that scores best on the validation split."""
    best = max(outcomes, key=lambda o: validation_score(tasks, o.valid))
    return dataclasses.replace(best, **_effort(outcomes))


def mean_of(outcomes: Sequence[Outcome]) -> Outcome:
    """Mean metrics of several trainings; their route if they have one."""
    first = outcomes[0]
    is_one_route = all(outcome.route == first.route for outcome in outcomes)
    return dataclasses.replace(
        first,
        route=first.route if is_one_route else None,
        valid=_mean([outcome.valid for outcome in outcomes]),
        test=_mean([outcome.test for outcome in outcomes]),
        **_effort(outcomes),
    )


def side_by_side(outcomes: Sequence[Outcome]) -> Outcome:
    """Networks of a task each, as one model of all their tasks."""
    effort = _effort(outcomes)
    return Outcome(
        outcomes[0].pair,
        None,
        outcomes[0].epochs,
        effort["seconds"],
        _union([outcome.valid for outcome in outcomes]),
        _union([outcome.test for outcome in outcomes]),
    )


def to_row(
    model: str,
    variant: str | None,
    outcome: Outcome,
    data: MultiTaskData,
    split_seed: int,
    network: Mapping[str, Any],
) -> Row:
    """A row of `compare.json`; `network` holds its sizes."""
    num_rows = len(data.splits["train"]) * outcome.epochs
    tasks = data.schema.tasks
    return {
        "model": model,
        "variant": variant,
        "seed": outcome.pair,
        "split_seed": split_seed,
        "num_trainings": outcome.num_trainings,
        "epochs": outcome.epochs,
        "valid": by_task(outcome.valid, tasks),
        "valid_loss": outcome.valid["loss"],
        "valid_score": validation_score(tasks, outcome.valid),
        "test": by_task(outcome.test, tasks),
        "mtl_loss": outcome.test["loss"],
        "score": validation_score(tasks, outcome.test),
        "train_seconds": outcome.seconds,
        "examples_per_second": num_rows / outcome.seconds,
        **network,
        "route": None if outcome.route is None else outcome.route.to_dict(),
    }


def by_task(metrics: Metrics, tasks: Iterable[TaskSpec]) -> dict[str, Metrics]:
    """`{"click_auc": x}` -> `{"click": {"auc": x}}`.

    A key is made of a task and a metric, never taken apart: `buy_log_loss` is
    the log loss of `buy`, whether or not there is a task `buy_log`.
    """
    return {
        task.name: {
            name: metrics[f"{task.name}_{name}"]
            for name in TASK_KINDS[task.kind].metrics
            if f"{task.name}_{name}" in metrics
        }
        for task in tasks
    }


def _effort(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "epochs": sum(outcome.epochs for outcome in outcomes),
        "seconds": sum(outcome.seconds for outcome in outcomes),
        "num_trainings": sum(outcome.num_trainings for outcome in outcomes),
    }


def _mean(metrics: Sequence[Metrics]) -> Metrics:
    return {
        name: float(np.mean([values[name] for values in metrics]))
        for name in metrics[0]
    }


def _union(metrics: Sequence[Metrics]) -> Metrics:
    return {
        **{name: value for values in metrics for name, value in values.items()},
        "loss": sum(values["loss"] for values in metrics),
    }
