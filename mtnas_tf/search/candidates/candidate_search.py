"""A search among networks that are trained by themselves.

A supernet scores a route with weights that serve all routes. Here a route is
scored by its own network, trained alone on all rows. One training is noisy, for
another start of the same route scores differently, so the best routes are
trained again and ranked by their mean over several starts.
"""

import functools
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.progress import reported_progress
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.candidate_search_result import (
    CandidateSearchResult,
)
from mtnas_tf.search.candidates.network_cost import network_cost
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.starts import searched_start
from mtnas_tf.search.candidates.strategies import Strategy
from mtnas_tf.search.candidates.strategies import Trial
from mtnas_tf.search.candidates.strategies import new_strategy
from mtnas_tf.search.candidates.validation_score import validation_score
from mtnas_tf.types import Optimizer


class CandidateSearch:
    """Searches by training candidates, each by itself.

    In every round a strategy proposes as many routes as there are places, and
    all of them train from the same start. The routes with the best scores are
    finalists, which further rounds train again from other starts.

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
        strategy: `"surrogate"`, `"expected_improvement"`, `"evolution"` or
            `"random"`, each of which begins with hand-made routes and, of three
            or four tasks, with groupings of them; or a `Strategy` over the
            space. Defaults to `"surrogate"`.
        optimizer: of the candidates, see `RoutePopulation.compile`. Defaults to
            `SparseAdam(1e-3, weight_decay=1e-5)`.
        num_places: int > 0. Candidates that are trained side by side. Defaults
            to `8`.
        epochs: int > 0. Most epochs of a training. Defaults to `3`.
        patience: int >= 0. Epochs that a training goes on without a better
            validation loss. Defaults to `1`.
        num_rounds: int > 0. Rounds of new routes. Defaults to `4`.
        num_final_rounds: int >= 0. Defaults to `1`.
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
            space = space or RouteSpace(
                schema.task_names,
                num_layers,
                num_subnetworks,
                dedup_singletons=True,
                value_scope="all_prev",  # so that MMoE is in it
                num_tables=num_tables,
                has_linear=has_linear,
                subnetwork_units=subnetwork_units,
            )
            training = (num_places, optimizer, epochs, patience)
            trainer = CandidateTrainer.in_space(
                schema, space, *training, **kwargs
            )
        else:
            others = {"space": space, "subnetwork_units": subnetwork_units}
            _check_trainer(trainer, schema, {**others, **kwargs})
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
        self, data: MultiTaskData, verbose: int | str = 1
    ) -> CandidateSearchResult:
        """Searches.

        Args:
            data: candidates are trained on its `train` split and scored on its
                `valid` split.
            verbose: `0` (silent), `1` or `"auto"` (a bar with the time left,
                and a line a round) or `2` (the lines alone). Defaults to `1`.

        Returns:
            `CandidateSearchResult`.

        Raises:
            ValueError: if the data do not have the schema.
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
            self.fill(result, data, report)
        return result

    def fill(
        self,
        result: CandidateSearchResult,
        data: MultiTaskData,
        report: Callable[[str], None],
    ) -> None:
        """Adds candidates to a result until the search is over.

        Args:
            result: `CandidateSearchResult`, empty.
            data: `MultiTaskData`.
            report: called with a line of text after every round.
        """
        rng = np.random.default_rng(self.seed)
        self.strategy.plan(self.num_rounds * self._size, self._size)
        for index in range(self.num_rounds):
            trials = [Trial(c.route, self.score(c)) for c in result.candidates]
            routes = self.strategy.propose(trials, self._size, rng)
            result.count_learned(self.strategy.num_learned(trials, routes))
            why_blind = self.strategy.why_blind(trials)
            self._round(data, result, routes, index)
            report(
                f"round {index + 1} of {self.num_rounds}: {result}{why_blind}"
            )
        if self.num_final_rounds:
            count = min(self.num_finalists, self._size)
            result.finalists = result.best_routes(count)
        finalists = result.finalists
        for index in range(self.num_final_rounds):
            jobs = [finalists[i % len(finalists)] for i in range(self._size)]
            starts_before = index * -(-self._size // len(finalists))
            self._round(data, result, jobs, self.num_rounds + starts_before)
            report(f"final {index + 1} of {self.num_final_rounds}: {result}")

    def score(self, candidate: Candidate | Outcome) -> float:
        """The score of a trained network; larger is better."""
        score = validation_score(self.schema.tasks, candidate.valid)
        if not self.cost_weight or candidate.route is None:
            return score
        share = self.cost(candidate.route) / self._cost_of_full_route
        return score - self.cost_weight * share

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

    def _round(
        self,
        data: MultiTaskData,
        result: CandidateSearchResult,
        routes: Sequence[Route],
        start: int,
    ) -> None:
        """Trains a route in each place.

        A repeated route gets another start each time.
        """
        times = [routes[:i].count(route) for i, route in enumerate(routes)]
        seeds = [searched_start(self.seed, start + time) for time in times]
        for candidates in self.trainer.train(data, routes, seeds):
            result.add(candidates)


def _check_trainer(
    trainer: CandidateTrainer, schema: DatasetSchema, others: dict[str, Any]
) -> None:
    """Refuses a trainer of other data, or together with arguments of one."""
    check_instances(CandidateTrainer, trainer=trainer)
    if trainer.population.schema != schema:
        raise ValueError(
            "`trainer` must have a population of the schema. Received: "
            f"a population of {trainer.population.schema.name!r}"
        )
    for name, value in others.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must not be given beside a `trainer`, whose "
                f"population has its own. Received: {name}={value!r}"
            )
