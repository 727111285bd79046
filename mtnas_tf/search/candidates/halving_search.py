"""Successive halving: many networks trained a little, the best ones more."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mtnas_tf.arguments import check_at_least
from mtnas_tf.data import MultiTaskData
from mtnas_tf.population.candidate import Candidate
from mtnas_tf.population.candidate_trainer import CandidateTrainer
from mtnas_tf.search.candidates.candidate_search import CandidateSearch
from mtnas_tf.search.candidates.candidate_search_result import (
    CandidateSearchResult,
)
from mtnas_tf.search.candidates.starts import searched_start
from mtnas_tf.search.candidates.strategies import Strategy

NUM_RUNGS, REDUCTION = 2, 4


class HalvingSearch(CandidateSearch):
    """Trains routes for a share of the epochs, and the best of them longer.

    The first rung trains `num_rounds` times as many routes as there are places;
    every further rung keeps the best `1 / reduction` and trains them anew for
    `reduction` times the epochs, the last for all of the trainer's. All have
    one start in common and read the same batches.

    Args:
        trainer: `CandidateTrainer`, of the last rung's epochs.
        strategy: `Strategy` that proposes the routes of the first rung.
        num_rungs: int > 0. Defaults to `2`.
        reduction: int > 1. Defaults to `4`.
        **kwargs: `num_rounds`, `cost`, `cost_weight` and `seed` of
            `CandidateSearch`.

    Reference:
    - [Jamieson and Talwalkar, 2016](https://arxiv.org/abs/1502.07943).
    """

    def __init__(
        self,
        trainer: CandidateTrainer,
        strategy: Strategy,
        num_rungs: int = NUM_RUNGS,
        reduction: int = REDUCTION,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainer, strategy, num_final_rounds=0, **kwargs)
        check_at_least(1, num_rungs=num_rungs)
        check_at_least(2, reduction=reduction)
        self.num_rungs = num_rungs
        self.reduction = reduction

    def run(
        self,
        data: MultiTaskData,
        report: Callable[[str], None] | None = None,
    ) -> CandidateSearchResult:
        """Searches, see `CandidateSearch.run`."""
        rng = np.random.default_rng(self.seed)
        result = CandidateSearchResult(self.cost, self.score)
        population = self.trainer.population
        count = self.num_rounds * population.num_candidates
        self.strategy.plan(count, count)
        routes = self.strategy.propose([], count, rng)
        result.count_learned(self.strategy.num_learned([], routes))
        start = searched_start(self.seed, 0)
        for rung in range(self.num_rungs):
            share = self.reduction ** (self.num_rungs - 1 - rung)
            trainer = self.trainer.with_epochs(share)
            trained: list[Candidate] = []
            for part in trainer.train(data, routes, [start] * len(routes)):
                result.add(part, population)
                trained += part
            result.finalists = list(routes)
            if report is not None:
                report(f"rung {rung + 1} of {self.num_rungs}: {result}")
            trained.sort(key=self.score, reverse=True)
            kept = trained[: math.ceil(len(trained) / self.reduction)]
            routes = [candidate.route for candidate in kept]
        return result
