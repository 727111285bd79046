"""Rounds of a search: a route, and a start, for each place."""

import itertools
from collections.abc import Iterator
from collections.abc import Sequence

from mtnas_tf.data import MultiTaskData
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.candidate_search_result import (
    CandidateSearchResult,
)
from mtnas_tf.search.candidates.starts import searched_start

Round = list[tuple[Route, int]]


def new_round(seed: int, first: int, routes: Sequence[Route]) -> Round:
    """Routes with their starts, another each time that one comes.

    Args:
        seed: int >= 0. Of the search.
        first: int >= 0. Number of the first start.
        routes: a `Route` for each place.
    """
    times = [routes[:i].count(route) for i, route in enumerate(routes)]
    return [
        (route, searched_start(seed, first + time))
        for route, time in zip(routes, times, strict=True)
    ]


def train_rounds(
    rounds: Sequence[Round],
    result: CandidateSearchResult,
    data: MultiTaskData,
    trainer: CandidateTrainer,
) -> Iterator[None]:
    """Trains rounds and adds their candidates to a result, in order.

    Args:
        rounds: of routes that are known now; other processes train them side
            by side.
        result: `CandidateSearchResult`.
        data: `MultiTaskData`.
        trainer: `CandidateTrainer`.

    Yields:
        After every round.
    """
    calls = [list(itertools.chain(*rounds))] if trainer.is_remote else rounds
    for jobs in calls:
        for candidates in trainer.train(data, *zip(*jobs, strict=True)):
            result.add(candidates, trainer)
            yield


def race(
    num_rounds: int,
    result: CandidateSearchResult,
    data: MultiTaskData,
    trainer: CandidateTrainer,
    first: int,
) -> Iterator[None]:
    """Trains finalists again, in the end those alone that may be the best.

    A round has as many trainings as any other: fewer rivals have more starts
    each, the same for all of them.

    Args:
        num_rounds: int > 0.
        result: `CandidateSearchResult` with finalists.
        data: `MultiTaskData`.
        trainer: `CandidateTrainer`.
        first: int >= 0. Number of the first start.

    Yields:
        After every round.
    """
    size = trainer.population.num_candidates
    rivals = result.finalists
    for _ in range(num_rounds):
        routes = (rivals * size)[:size]
        yield from train_rounds(
            [new_round(result.seed, first, routes)], result, data, trainer
        )
        first += -(-size // len(rivals))
        rivals = result.contenders()
