"""The result of a search among candidates."""

import math
from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import Executor
from operator import itemgetter
from pathlib import Path

import numpy as np

from mtnas_tf.arguments import check_ints
from mtnas_tf.data import MultiTaskData
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import Route
from mtnas_tf.routes.pareto_front import pareto_front
from mtnas_tf.search.candidates.controls import Controls
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.search_report import SearchReport


class CandidateSearchResult:
    """All candidates of a search, the best one and its network.

    Args:
        trainer: `CandidateTrainer` of the search.
        data: `MultiTaskData` that it searches on.
        score: callable `(candidate)` -> float, larger is better.
        cost: callable `(route)` -> float.
        seed: int. Of the search.
        effort: float. Trainings of all places that the search takes.

    Attributes:
        candidates: every `Candidate`, oldest first.
        best: the one of the highest score.
        network: its `SparseRouteModel`, trained and compiled.
        finalists: the routes trained again, if any were.
        num_learned: how many routes were proposed from the scores of others,
            rather than given or drawn at random; `None` if the strategy never
            uses scores.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> search = mt.search.CandidateSearch(data.schema, num_places=2, units=4)
    >>> found = search.run(data)  # doctest: +SKIP
    >>> found.network.evaluate(data.test)  # doctest: +SKIP
    >>> found.cheapest_route()  # doctest: +SKIP
    """

    def __init__(
        self,
        trainer: CandidateTrainer,
        data: MultiTaskData,
        score: Callable[[Candidate | Outcome], float],
        cost: Callable[[Route], float],
        seed: int,
        effort: float,
    ) -> None:
        self.trainer = trainer
        self.data = data
        self.score = score
        self.cost = cost
        self.seed = seed
        self.effort = effort
        self.candidates: list[Candidate] = []
        self.best: Candidate
        self.network: SparseRouteModel
        self.finalists: list[Route] = []
        self.num_learned: int | None = None
        self._reports: dict[int, SearchReport] = {}

    def __str__(self) -> str:
        learned = ""
        if self.num_learned is not None:
            learned = f"{self.num_learned} routes proposed by scores, "
        return (
            f"{len(self.candidates)} networks trained, {learned}best score "
            f"{self.score(self.best):.4f}"
        )

    @property
    def route(self) -> Route:
        """The route with the best mean score, a finalist if there are any."""
        return self.best_routes(1)[0]

    @property
    def epochs(self) -> int:
        """Passes over the training rows, of all candidates together."""
        return sum(candidate.epochs for candidate in self.candidates)

    def report(
        self,
        num_retrainings: int = 4,
        verbose: int | str = 1,
        executor: Executor | None = None,
        store_dir: str | Path | None = None,
    ) -> SearchReport:
        """Compares the search with random routes and MMoE, on the test rows.

        These are trained as often as the search trained candidates, in the
        same way, which takes about twice as long as the search. The report is
        made once and kept.

        Args:
            num_retrainings: int > 1. Fresh trainings of the searched route.
                Defaults to `4`.
            verbose: see `CandidateSearch.run`. Defaults to `1`.
            executor: see `CandidateSearch.run`. Defaults to `None`.
            store_dir: see `CandidateSearch.run`. Defaults to `None`.

        Returns:
            `SearchReport`, to be printed.
        """
        check_ints(2, num_retrainings=num_retrainings)
        if num_retrainings not in self._reports:
            controls = Controls(
                self.trainer,
                self.data,
                self.score,
                self.seed,
                executor,
                store_dir,
            )
            places = self.trainer.population.num_candidates
            self._reports[num_retrainings] = controls.report(
                self.network,
                self.route,
                round(self.effort * places),
                num_retrainings,
                verbose,
            )
        return self._reports[num_retrainings]

    def add(
        self, candidates: Sequence[Candidate], trainer: CandidateTrainer
    ) -> None:
        """Adds the candidates that a trainer yielded last.

        Args:
            candidates: what it yielded.
            trainer: the trainer.
        """
        best = max(candidates, key=self.score)
        is_first = not self.candidates
        if is_first or self.score(best) > self.score(self.best):
            self.best = best
            place = list(candidates).index(best)
            self.network = trainer.network(place)
        self.candidates += candidates

    def count_learned(self, count: int | None) -> None:
        """Adds a round's count to `num_learned`."""
        if count is not None:
            self.num_learned = (self.num_learned or 0) + count

    def best_routes(self, count: int) -> list[Route]:
        """Finalists, or all routes if there are none, best mean score first."""
        scores = self._scores()
        rivals = self.finalists or scores
        ranked = sorted(rivals, key=lambda route: -np.mean(scores[route]))
        return ranked[:count]

    def contenders(self, errors: float = 1.0) -> list[Route]:
        """Finalists that are not measurably worse than the best of them.

        Args:
            errors: float >= 0. How many standard errors of the difference a
                route's mean score may lie below the best. They are of the
                spread between starts, over all routes together. Defaults to
                `1.0`.

        Returns:
            The routes, best mean score first.
        """
        scores = self._scores()
        first, *others = self.best_routes(len(scores))
        best, error = np.mean(scores[first]), self._standard_error(1)
        near = [first]
        for route in others:
            behind = best - np.mean(scores[route])
            counts = len(scores[first]), len(scores[route])
            # The error is infinite if no route has two starts.
            if behind <= errors * error * math.hypot(
                *(n**-0.5 for n in counts)
            ):
                near.append(route)
        return near

    def cheapest_route(self, errors: float = 1.0) -> Route:
        """The cheapest route that is not measurably worse than the best.

        Args:
            errors: float >= 0. How many standard errors of its mean score a
                route may lie below the best. Defaults to `1.0`.
        """
        scores = self._scores()
        rivals = self.best_routes(len(scores))
        best = float(np.mean(scores[rivals[0]]))
        error = self._standard_error(len(scores[rivals[0]]))
        margin = errors * error if errors else 0.0  # the error may be infinite
        near = [
            route for route in rivals if np.mean(scores[route]) >= best - margin
        ]
        return min(near, key=self.cost)

    def routes(self) -> list[tuple[Route, float, float]]:
        """`(route, cost, mean score)` of every route, the cheapest first."""
        found = [
            (route, self.cost(route), float(np.mean(values)))
            for route, values in self._scores().items()
        ]
        return sorted(found, key=lambda entry: (entry[1], -entry[2]))

    def pareto_set(self) -> list[tuple[Route, float, float]]:
        """Entries of `routes` that none beats in both score and cost."""
        return pareto_front(self.routes(), itemgetter(1), itemgetter(2))

    def scores(self) -> list[float]:
        """Scores of all candidates, in order."""
        return [self.score(candidate) for candidate in self.candidates]

    def _scores(self) -> dict[Route, list[float]]:
        scores: dict[Route, list[float]] = {}
        for candidate in self.candidates:
            values = scores.setdefault(candidate.route, [])
            values.append(self.score(candidate))
        return scores

    def _standard_error(self, starts: int) -> float:
        """Error of a mean over starts, from the spread over all starts."""
        squares = [
            (np.var(values, ddof=1), len(values) - 1)
            for values in self._scores().values()
            if len(values) > 1
        ]
        if not squares:
            return math.inf
        variances, weights = zip(*squares, strict=True)
        return math.sqrt(np.average(variances, weights=weights) / starts)
