"""Successive halving: many networks trained a little, the best ones more."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.search.candidates.candidate_search import CandidateSearch
from mtnas_tf.search.candidates.candidate_search_result import (
    CandidateSearchResult,
)
from mtnas_tf.search.candidates.starts import searched_start
from mtnas_tf.search.candidates.strategies import Strategy

NUM_RUNGS, REDUCTION = 2, 4


class HalvingSearch(CandidateSearch):
    """Trains routes for a share of the epochs, and the best ones longer.

    The first rung trains `num_rounds` times as many routes as there are places;
    every further rung keeps the best `1 / reduction` and trains them anew for
    `reduction` times the epochs, the last for all of them. All have one start
    in common and read the same batches.

    Args:
        schema: `DatasetSchema` of the data to search on.
        num_layers: see `CandidateSearch`. Defaults to `2`.
        num_subnetworks: see `CandidateSearch`. Defaults to `4`.
        strategy: proposes the routes of the first rung, see
            `CandidateSearch`. Defaults to `"random"`.
        num_rungs: int > 0. Defaults to `2`.
        reduction: int > 1. Defaults to `4`.
        **kwargs: Passed to `CandidateSearch`; there are no final rounds.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> search = HalvingSearch(data.schema, num_places=2, epochs=8)
    >>> search.effort  # four rounds of two epochs, and one of eight
    2.0
    >>> found = search.run(data)  # doctest: +SKIP

    Reference:
    - [Jamieson and Talwalkar, 2016](https://arxiv.org/abs/1502.07943).
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 2,
        num_subnetworks: int = 4,
        *,
        strategy: str | Strategy = "random",
        num_rungs: int = NUM_RUNGS,
        reduction: int = REDUCTION,
        **kwargs: Any,
    ) -> None:
        check_ints(num_rungs=num_rungs)
        check_ints(2, reduction=reduction)
        super().__init__(
            schema,
            num_layers,
            num_subnetworks,
            strategy=strategy,
            num_final_rounds=0,
            **kwargs,
        )
        self.num_rungs = num_rungs
        self.reduction = reduction

    @property
    def effort(self) -> float:
        return halving_effort(
            self.num_rounds, self.trainer.epochs, self.num_rungs, self.reduction
        )

    def fill(
        self,
        result: CandidateSearchResult,
        data: MultiTaskData,
        report: Callable[[str], None],
        trainer: CandidateTrainer,
    ) -> None:
        rng = np.random.default_rng(self.seed)
        count = self.num_rounds * self._size
        self.strategy.plan(count, count)
        routes = self.strategy.propose([], count, rng)
        result.count_learned(self.strategy.num_learned([], routes))
        start = searched_start(self.seed, 0)
        for rung in range(self.num_rungs):
            share = self.reduction ** (self.num_rungs - 1 - rung)
            of_rung = trainer.with_epochs(share)
            trained: list[Candidate] = []
            for part in of_rung.train(data, routes, [start] * len(routes)):
                result.add(part, of_rung)
                trained += part
            result.finalists = list(routes)
            report(f"rung {rung + 1} of {self.num_rungs}: {result}")
            trained.sort(key=self.score, reverse=True)
            kept = trained[: math.ceil(len(trained) / self.reduction)]
            routes = [candidate.route for candidate in kept]


def halving_effort(
    num_rounds: int,
    epochs: int,
    num_rungs: int = NUM_RUNGS,
    reduction: int = REDUCTION,
) -> float:
    """The work of a search, in trainings of all places.

    Args:
        num_rounds: see `HalvingSearch`.
        epochs: int > 0. Of a whole training.
        num_rungs: see `HalvingSearch`. Defaults to `2`.
        reduction: see `HalvingSearch`. Defaults to `4`.

    Example:
    >>> halving_effort(num_rounds=8, epochs=4)
    4.0
    """
    effort, rounds = 0.0, float(num_rounds)
    for rung in range(num_rungs):
        share = reduction ** (num_rungs - 1 - rung)
        effort += math.ceil(rounds) * max(1, epochs // share) / epochs
        rounds /= reduction
    return effort
