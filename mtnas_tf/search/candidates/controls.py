"""Controls of a search: random routes and MMoE with as many trainings."""

from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data.stored_data import stored
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.progress import reported_progress
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.mean_and_error import mean_and_error
from mtnas_tf.search.candidates.network_cost import network_cost
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import mean_of
from mtnas_tf.search.candidates.outcome import train_jobs
from mtnas_tf.search.candidates.remote_trainer import train_jobs_elsewhere
from mtnas_tf.search.candidates.report_row import ReportRow
from mtnas_tf.search.candidates.search_report import SearchReport
from mtnas_tf.search.candidates.starts import fresh_starts
from mtnas_tf.search.candidates.validation_score import validation_score
from mtnas_tf.types import TaskMetrics


class Controls:
    """Trains random routes and MMoE as a search trained its candidates.

    They train in the same space, with the same trainer, on the same rows in the
    same order, and from the same starts, which the search has not used.

    Args:
        trainer: `CandidateTrainer` of the search.
        data: `MultiTaskData` of the search.
        score: callable `(trained)` -> float: the search's score of an object
            with a `route` and metrics `valid`.
        seed: int >= 0. Of the search.
        executor: see `CandidateSearch.run`. Defaults to `None`.
        store_dir: see `CandidateSearch.run`. Defaults to `None`.

    Example:
    ```python
    controls = Controls(search.trainer, data, search.score, seed=0)
    report = controls.report(found.network, found.route, num_trainings=40)
    ```
    """

    def __init__(
        self,
        trainer: CandidateTrainer,
        data: MultiTaskData,
        score: Callable[[Candidate | Outcome], float],
        seed: int = 0,
        executor: Executor | None = None,
        store_dir: str | Path | None = None,
    ) -> None:
        self.trainer = trainer
        self.data = data
        self.score = score
        self.seed = seed
        self.executor = executor
        self.store_dir = store_dir

    def report(
        self,
        network: SparseRouteModel,
        route: Route,
        num_trainings: int,
        num_retrainings: int = 4,
        verbose: int | str = 1,
    ) -> SearchReport:
        """Compares a search's network and route with the controls.

        Args:
            network: the network that the search picked.
            route: the route that it found best; it is trained anew.
            num_trainings: int > 0. Networks that the search has trained, and
                that each control trains.
            num_retrainings: int > 0. Fresh trainings of the route. Defaults to
                `4`.
            verbose: see `CandidateSearch.run`. Defaults to `1`.
        """
        space = self.trainer.population.space
        rng = np.random.default_rng(self.seed)
        drawn = [space.random_route(rng) for _ in range(num_trainings)]
        name, known = hand_made_control(space)
        routes = [*[route] * num_retrainings, *drawn, *[known] * num_trainings]
        starts = fresh_starts(self.seed, max(num_trainings, num_retrainings))
        starts = [*starts[:num_retrainings], *starts[:num_trainings] * 2]
        trained = self._train(routes, starts, verbose)
        again, others = trained[:num_retrainings], trained[num_retrainings:]
        random, restarted = others[:num_trainings], others[num_trainings:]
        test = network.evaluate_by_task(self.data.test)
        cost = network_cost(self.trainer.population, network.route)
        rows = [
            self._row("searched", True, num_trainings, cost, test),
            self._mean("searched", again),
            self._best("random routes", random),
            self._mean("random routes", random),
            self._best(name, restarted),
            self._mean(name, restarted),
        ]
        num_rows = len(self.data.splits["test"])
        return SearchReport(self.data.schema.tasks, num_rows, rows)

    def _train(
        self, routes: Sequence[Route], starts: Sequence[int], verbose: int | str
    ) -> list[Outcome]:
        jobs = [
            Job(self.seed, route, start)
            for route, start in zip(routes, starts, strict=True)
        ]
        places = self.trainer.population.num_candidates
        with reported_progress(-(-len(jobs) // places), verbose):
            if self.executor is None:
                return train_jobs(self.trainer, self.data, jobs)
            with stored({0: self.data}, self.store_dir) as rows:
                return train_jobs_elsewhere(
                    self.trainer, self.executor, rows[0], jobs
                )

    def _best(self, networks: str, trained: Sequence[Outcome]) -> ReportRow:
        """The training that the search would have picked."""
        best = max(trained, key=self.score)
        cost = self._cost([best])
        return self._row(networks, True, len(trained), cost, best.test)

    def _mean(self, networks: str, trained: Sequence[Outcome]) -> ReportRow:
        test = mean_of(trained).test
        cost = self._cost(trained)
        tasks = self.data.schema.tasks
        scores = [validation_score(tasks, each.test) for each in trained]
        _, error = mean_and_error(scores)
        return self._row(networks, False, len(trained), cost, test, error)

    def _row(
        self,
        networks: str,
        is_best: bool,
        num_trainings: int,
        cost: float,
        test: TaskMetrics,
        error: float = np.nan,
    ) -> ReportRow:
        score = validation_score(self.data.schema.tasks, test)
        return ReportRow(
            networks, is_best, num_trainings, cost, test, score, error
        )

    def _cost(self, trained: Sequence[Outcome]) -> float:
        """Mean multiply-adds of the routes of trainings."""
        population = self.trainer.population
        costs = [
            network_cost(population, each.route)
            for each in trained
            if each.route is not None
        ]
        return float(np.mean(costs))


def hand_made_control(space: RouteSpace) -> tuple[str, Route]:
    """Name and route of MMoE, or of the nearest method in a space.

    Example:
    >>> space = RouteSpace(("click", "buy"), num_layers=1, num_subnetworks=2)
    >>> name, route = hand_made_control(space)
    >>> name
    'MMoE'
    >>> print(route)
    click <- s1+s2 by root
    buy <- s1+s2 by root
    """
    if not space.gated:
        return "full sharing", space.full_route()
    one_layer = space.hand_made_routes().get("one_layer_route")
    if one_layer is not None:
        return "MMoE", one_layer
    name = "MMoE" if space.num_layers == 1 else "ML-MMoE"
    return name, space.full_route()
