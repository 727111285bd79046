"""A search among networks that are trained by themselves.

What a supernet says of a route is said by weights that serve all routes. Here a
route is judged by its own network, trained alone on all rows. That is noisy,
for another start of the same route scores differently: so the best routes are
trained again, and judged by the mean over their starts.
"""

from collections.abc import Callable
from collections.abc import Sequence

import numpy as np

from mtnas_tf.arguments import check_at_least
from mtnas_tf.data import MultiTaskData
from mtnas_tf.population.candidate import Candidate
from mtnas_tf.population.candidate_trainer import CandidateTrainer
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.candidate_search_result import (
    CandidateSearchResult,
)
from mtnas_tf.search.candidates.starts import searched_start
from mtnas_tf.search.candidates.strategies import Strategy
from mtnas_tf.search.candidates.strategies import Trial
from mtnas_tf.search.candidates.validation_score import validation_score


class CandidateSearch:
    """Searches by training candidates, each by itself.

    In every round a strategy proposes as many routes as the trainer has
    places; a round has one start in common. The routes of the best scores are
    finalists: further rounds train them again from other starts.

    A candidate's score is its `validation_score`: the sum of its tasks' AUCs
    and multi-class accuracies on the validation split, less the regressions'
    squared errors, less `cost_weight` times the route's cost.

    A strategy that learns from scores needs some first. If the search ends
    before, it warns, and its result's `num_learned` is 0: it then is a random
    search.

    Args:
        trainer: `CandidateTrainer`.
        strategy: `Strategy` over the population's space.
        num_rounds: int > 0. Rounds of new routes. Defaults to `4`.
        num_final_rounds: int >= 0. Defaults to `1`.
        num_finalists: int > 0. Defaults to `4`.
        cost: callable `(route)` -> what serving it costs, such as its
            `multiply_adds`. Defaults to `None`, nothing.
        cost_weight: float >= 0. What one unit of cost is worth in score.
            Defaults to `0.0`.
        seed: int >= 0. Of routes and starts. Defaults to `0`.

    Example:
    ```python
    trainer = CandidateTrainer(population)
    strategy = Evolution(space, first=space.hand_made_routes().values())
    result = CandidateSearch(trainer, strategy).run(data)
    result.network.evaluate(data.test)
    ```
    """

    def __init__(
        self,
        trainer: CandidateTrainer,
        strategy: Strategy,
        num_rounds: int = 4,
        num_final_rounds: int = 1,
        num_finalists: int = 4,
        cost: Callable[[Route], float] | None = None,
        cost_weight: float = 0.0,
        seed: int = 0,
    ) -> None:
        check_at_least(1, num_rounds=num_rounds, num_finalists=num_finalists)
        check_at_least(
            0,
            num_final_rounds=num_final_rounds,
            cost_weight=cost_weight,
            seed=seed,
        )
        if cost_weight and cost is None:
            raise ValueError(
                "`cost` must be given for a `cost_weight`. "
                f"Received: cost_weight={cost_weight}, cost=None"
            )
        self.trainer = trainer
        self.strategy = strategy
        self.num_rounds = num_rounds
        self.num_final_rounds = num_final_rounds
        self.num_finalists = num_finalists
        self.cost = cost
        self.cost_weight = cost_weight
        self.seed = seed

    def run(
        self,
        data: MultiTaskData,
        report: Callable[[str], None] | None = None,
    ) -> CandidateSearchResult:
        """Searches.

        Args:
            data: candidates learn on its `train` and are scored on its
                `valid` split.
            report: called with a line of text after every round. Defaults to
                `None`, silence.
        """
        report = report or _ignore
        rng = np.random.default_rng(self.seed)
        result = CandidateSearchResult(self.cost, self.score)
        self.strategy.plan(self.num_rounds * self._size, self._size)
        for index in range(self.num_rounds):
            trials = [Trial(c.route, self.score(c)) for c in result.candidates]
            routes = self.strategy.propose(trials, self._size, rng)
            result.count_learned(self.strategy.num_learned(trials, routes))
            self._round(data, result, routes, index)
            report(f"round {index + 1} of {self.num_rounds}: {result}")
        if self.num_final_rounds:
            count = min(self.num_finalists, self._size)
            result.finalists = result.best_routes(count)
        finalists = result.finalists
        for index in range(self.num_final_rounds):
            jobs = [finalists[i % len(finalists)] for i in range(self._size)]
            starts_before = index * -(-self._size // len(finalists))
            self._round(data, result, jobs, self.num_rounds + starts_before)
            report(f"final {index + 1} of {self.num_final_rounds}: {result}")
        return result

    def score(self, candidate: Candidate) -> float:
        """What a candidate is worth; larger is better."""
        tasks = self.trainer.population.schema.tasks
        score = validation_score(tasks, candidate.valid)
        if self.cost is None or not self.cost_weight:
            return score
        return score - self.cost_weight * self.cost(candidate.route)

    @property
    def _size(self) -> int:
        return self.trainer.population.num_candidates

    def _round(
        self,
        data: MultiTaskData,
        result: CandidateSearchResult,
        routes: Sequence[Route],
        start: int,
    ) -> None:
        """Trains a route in each place; one again gets the next start."""
        first = searched_start(self.seed, start)
        times = [routes[:i].count(route) for i, route in enumerate(routes)]
        seeds = [first + time for time in times]
        for candidates in self.trainer.train(data, routes, seeds):
            result.add(candidates, self.trainer.population)


def _ignore(line: str) -> None:
    """Reports to nobody."""
