"""A search among networks that are trained by themselves.

A supernet scores a route with weights that serve all routes. Here a route is
scored by its own network, trained alone on all rows. One training is noisy, for
another start of the same route scores differently, so the best routes are
trained again and ranked by their mean over several starts.
"""

import functools
import math
from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data.stored_data import stored
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.progress import reported_progress
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.candidate_search_result import (
    CandidateSearchResult,
)
from mtnas_tf.search.candidates.check_trainer import check_trainer
from mtnas_tf.search.candidates.network_cost import network_cost
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.remote_trainer import RemoteTrainer
from mtnas_tf.search.candidates.rounds import Round
from mtnas_tf.search.candidates.rounds import new_round
from mtnas_tf.search.candidates.rounds import race
from mtnas_tf.search.candidates.rounds import train_rounds
from mtnas_tf.search.candidates.search_space import new_space
from mtnas_tf.search.candidates.strategies import Strategy
from mtnas_tf.search.candidates.strategies import Trial
from mtnas_tf.search.candidates.strategies import new_strategy
from mtnas_tf.search.candidates.validation_score import validation_score
from mtnas_tf.types import Optimizer


class CandidateSearch:
    """Searches by training candidates, each by itself.

    In every round a strategy proposes as many routes as there are places, and
    all of them train from the same start. The routes with the best scores are
    finalists, which further rounds train again from other starts; those that
    have fallen behind by then are left out of the next.

    A candidate's score is its `validation_score`: the sum of its tasks' AUCs
    and multi-class accuracies on the validation split, minus the regressions'
    squared errors, minus the cost of its route, whatever the loss weights.

    A strategy that learns from scores needs a number of them first. A search
    that ends before that warns, and the `num_learned` of its result is 0: it
    was a random search.

    Args:
        schema: `DatasetSchema` of the data to search on.
        num_layers: int > 0. Layers of sub-networks. Defaults to `2`.
        num_subnetworks: int > 0. Sub-networks in a layer. Defaults to `4`.
        num_tables: int > 0. Embedding tables that sub-networks of the first
            layer choose from, see `RouteSpace`: with more than one, a task may
            have its own, and so may a group of tasks. Defaults to `1`.
        has_linear: bool. Whether sub-networks of the first layer may be linear,
            see `RouteSpace`: others skip through them. Defaults to `False`.
        subnetwork_units: sequence of int > 0. Width of each sub-network of a
            layer, see `RouteSpace`. Defaults to `None`, one width: `units` of
            `RoutePopulation`.
        space: `RouteSpace` in place of the one of the arguments above, in which
            blocks read any earlier layer. Defaults to `None`.
        strategy: `"surrogate"`, `"expected_improvement"`, `"evolution"`,
            `"groupings"`, `"reinforce"` or `"random"`, which begin with
            hand-made routes and, of three or four tasks, with groupings of
            them; or a `Strategy` over the space. Defaults to `"surrogate"`.
        optimizer: of the candidates, see `RoutePopulation.compile`. Defaults to
            `SparseAdam(1e-3, weight_decay=1e-5)`.
        num_places: int > 0. Candidates that are trained side by side. Defaults
            to `8`.
        epochs: int > 0. Most epochs of a training. Defaults to `3`.
        patience: int >= 0. Epochs that a training goes on without a better
            validation loss. Defaults to `1`.
        num_rounds: int > 0. Rounds of new routes. Defaults to `4`.
        num_final_rounds: int >= 0. In the first all finalists are trained, in
            every other one those of which `CandidateSearchResult.contenders`
            tells that they may still be the best. Defaults to `1`.
        num_finalists: int > 0. Defaults to `4`.
        cost: callable `(route)` -> cost of serving it. Defaults to the
            multiply-adds of its network.
        cost_weight: float >= 0. Score that the cost of the full route takes
            off; that of other routes in proportion. Defaults to `0.0`.
        seed: int >= 0. Of routes and starts. Defaults to `0`.
        trainer: `CandidateTrainer` in place of one with the `optimizer`,
            `num_places`, `epochs` and `patience` above, on a population of its
            own. The search is in its population's space. Defaults to `None`.
        **kwargs: Passed to `CandidateTrainer.in_space`: `loss_weights`, and
            the candidates' shape, see `RoutePopulation`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> search = CandidateSearch(data.schema, num_places=2, units=4)
    >>> search.effort  # four rounds and a final one
    5
    >>> found = search.run(data)  # doctest: +SKIP
    >>> print(found.route, found.report())  # doctest: +SKIP
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 2,
        num_subnetworks: int = 4,
        *,
        num_tables: int = 1,
        has_linear: bool = False,
        subnetwork_units: Sequence[int] | None = None,
        space: RouteSpace | None = None,
        strategy: str | Strategy = "surrogate",
        optimizer: Optimizer = None,
        num_places: int = 8,
        epochs: int = 3,
        patience: int = 1,
        num_rounds: int = 4,
        num_final_rounds: int = 1,
        num_finalists: int = 4,
        cost: Callable[[Route], float] | None = None,
        cost_weight: float = 0.0,
        seed: int = 0,
        trainer: CandidateTrainer | None = None,
        **kwargs: Any,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        check_ints(num_rounds=num_rounds, num_finalists=num_finalists)
        check_ints(0, num_final_rounds=num_final_rounds, seed=seed)
        check_at_least(0, cost_weight=cost_weight)
        if trainer is None:
            sizes = (num_layers, num_subnetworks, num_tables, has_linear)
            space = space or new_space(schema, *sizes, subnetwork_units)
            training = (num_places, optimizer, epochs, patience)
            trainer = CandidateTrainer.in_space(
                schema, space, *training, **kwargs
            )
        else:
            others = {"space": space, "subnetwork_units": subnetwork_units}
            check_trainer(trainer, schema, {**others, **kwargs})
        self.schema = schema
        self.trainer = trainer
        self.strategy = new_strategy(strategy, trainer.population.space)
        self.num_rounds = num_rounds
        self.num_final_rounds = num_final_rounds
        self.num_finalists = num_finalists
        self.cost = cost or functools.partial(network_cost, trainer.population)
        self.cost_weight = cost_weight
        self.seed = seed

    @property
    def effort(self) -> float:
        """The work of the search, in trainings of all places."""
        return self.num_rounds + self.num_final_rounds

    def run(
        self,
        data: MultiTaskData,
        verbose: int | str = 1,
        executor: Executor | None = None,
        store_dir: str | Path | None = None,
    ) -> CandidateSearchResult:
        """Searches.

        Args:
            data: candidates are trained on its `train` split and scored on its
                `valid` split.
            verbose: `0` (silent), `1` or `"auto"` (a bar with the time left,
                and a line a round) or `2` (the lines alone). Defaults to `1`.
            executor: `concurrent.futures.Executor` that trains populations in
                other processes: side by side where a round does not depend on
                the scores of the last one. Defaults to `None`, here.
            store_dir: where the executor's workers find the rows, see
                `mtnas_tf.data.stored_data.stored`. Defaults to `None`, a
                temporary directory.

        Returns:
            `CandidateSearchResult`.

        Raises:
            ValueError: if the data do not have the schema.
            JobError: if a job of the executor fails.
        """
        check_instances(MultiTaskData, data=data)
        if data.schema != self.schema:
            raise ValueError(
                "`data` must have the schema of the search. Received: "
                f"data.schema={data.schema.name!r} with tasks "
                f"{data.schema.task_names}"
            )
        result = CandidateSearchResult(
            self.trainer, data, self.score, self.cost, self.seed, self.effort
        )
        with reported_progress(self.effort, verbose) as report:
            if executor is None:
                self.fill(result, data, report, self.trainer)
            else:
                with stored({0: data}, store_dir) as rows:
                    parts = (self.trainer, executor, rows[0], self._penalty)
                    self.fill(result, data, report, RemoteTrainer(*parts))
        return result

    def fill(
        self,
        result: CandidateSearchResult,
        data: MultiTaskData,
        report: Callable[[str], None],
        trainer: CandidateTrainer,
    ) -> None:
        """Adds candidates to a result until the search is over.

        Args:
            result: `CandidateSearchResult`, empty.
            data: `MultiTaskData`.
            report: called with a line of text after every round.
            trainer: trains the candidates.
        """
        rng = np.random.default_rng(self.seed)
        self.strategy.plan(self.num_rounds * self._size, self._size)
        done = 0
        while done < self.num_rounds:
            rounds = self._next_rounds(result, done, trainer.is_remote, rng)
            for _ in train_rounds(rounds, result, data, trainer):
                known = self._trials(result)[: done * self._size]
                why = self.strategy.why_blind(known)
                done += 1
                report(f"round {done} of {self.num_rounds}: {result}{why}")
        if not self.num_final_rounds:
            return
        count = min(self.num_finalists, self._size)
        result.finalists = result.best_routes(count)
        finals = race(
            self.num_final_rounds, result, data, trainer, self.num_rounds
        )
        for index, _ in enumerate(finals):
            report(f"final {index + 1} of {self.num_final_rounds}: {result}")

    def score(self, candidate: Candidate | Outcome) -> float:
        """The score of a trained network; larger is better."""
        score = validation_score(self.schema.tasks, candidate.valid)
        if candidate.route is None:
            return score
        return score - self._penalty(candidate.route)

    def _penalty(self, route: Route) -> float:
        """What the cost of a route takes off its score."""
        if not self.cost_weight:
            return 0.0
        return self.cost_weight * (self.cost(route) / self._cost_of_full_route)

    @functools.cached_property
    def _cost_of_full_route(self) -> float:
        cost = self.cost(self.trainer.population.space.full_route())
        if not cost > 0:
            raise ValueError(
                "`cost` must be positive for the full route. "
                f"Received: cost(full route)={cost}"
            )
        return cost

    @property
    def _size(self) -> int:
        return self.trainer.population.num_candidates

    def _next_rounds(
        self,
        result: CandidateSearchResult,
        done: int,
        is_remote: bool,
        rng: np.random.Generator,
    ) -> list[Round]:
        """The next round; elsewhere also those that need no scores of it."""
        trials = self._trials(result)
        rounds: list[Round] = []
        while not rounds or (
            is_remote
            and done + len(rounds) < self.num_rounds
            and not self.strategy.uses_scores(trials)
        ):
            routes = self.strategy.propose(trials, self._size, rng)
            result.count_learned(self.strategy.num_learned(trials, routes))
            rounds.append(new_round(self.seed, done + len(rounds), routes))
            # Of unknown scores, which are not looked at.
            trials = [*trials, *(Trial(route, math.nan) for route in routes)]
        return rounds

    def _trials(self, result: CandidateSearchResult) -> list[Trial]:
        return [Trial(c.route, self.score(c)) for c in result.candidates]
