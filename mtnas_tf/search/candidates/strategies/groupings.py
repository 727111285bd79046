"""Groupings: which tasks belong together, learned before anything else."""

import functools
import itertools
from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np

from mtnas_tf.arguments import check_ints
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies.partitions import random_partition
from mtnas_tf.search.candidates.strategies.random_first import RandomFirst
from mtnas_tf.search.candidates.strategies.ridge import Ridge
from mtnas_tf.search.candidates.strategies.strategy import MAX_DRAWS
from mtnas_tf.search.candidates.strategies.strategy import untried
from mtnas_tf.search.candidates.strategies.trial import Trial

Partition = tuple[tuple[str, ...], ...]


class Groupings(RandomFirst):
    """Parts the tasks into groups, by what pairs of tasks gain from sharing.

    Tasks of a group share all they read, and those of different groups nothing.
    The first trials are random partitions. From their scores a ridge regression
    estimates for each pair what it is worth to be in one group, and the gains
    of a partition are expected to add up. Then the partitions of the highest
    expectation are tried, a few in each round, each with as many sub-networks
    as there are for its groups, later with fewer or in fewer layers. Once these
    are used up, routes are random.

    It is for three tasks and more, of which some help and others harm each
    other. What lies between sharing all and nothing it does not try.

    Args:
        space: see `Strategy`.
        first: see `Strategy`. Defaults to `()`.
        num_random: see `RandomFirst`; trials before the first estimate.
            Defaults to `None`.
        pool_size: int > 0. Partitions that are drawn to choose from, with
            those that are drawn twice: of five tasks all 51 or 52. Defaults to
            `500`.
        num_versions: int > 0. Routes of one partition in a round. Defaults to
            `2`.

    Example:
    >>> space = mt.routes.RouteSpace(("click", "buy", "like"), 1, 4)
    >>> one, other = map(mt.routes.BlockRoute, [("s1", "s2"), ("s3",)])
    >>> reads = {"click": one, "buy": one, "like": other}
    >>> Groupings(space).partition(mt.routes.Route(1, 4, reads))
    (('click', 'buy'), ('like',))

    References:
    - [Standley et al., 2020](https://arxiv.org/abs/1905.07553), who train pairs
      of tasks and take the mean over the pairs of a group.
    - [Fifty et al., 2021](https://arxiv.org/abs/2109.04617).
    """

    def __init__(
        self,
        space: RouteSpace,
        first: Sequence[Route] = (),
        num_random: int | None = None,
        pool_size: int = 500,
        num_versions: int = 2,
    ) -> None:
        super().__init__(space, first, num_random)
        check_ints(pool_size=pool_size, num_versions=num_versions)
        self.pool_size = pool_size
        self.num_versions = num_versions

    def partition(self, route: Route) -> Partition | None:
        """The groups of a route; `None` if tasks share in part.

        Args:
            route: `Route`.
        """
        tasks = self.space.tasks
        groups: dict[tuple[str, ...], list[str]] = {}
        for task in tasks:
            groups.setdefault(route.reached(task), []).append(task)
        names = list(itertools.chain(*groups))
        if len(set(names)) < len(names):
            return None
        return tuple(map(tuple, groups.values()))

    def expected_scores(
        self, trials: Sequence[Trial], partitions: Sequence[Partition]
    ) -> np.ndarray:
        """Scores expected of partitions: `(partitions,)`.

        Args:
            trials: at least one of a partition.
            partitions: as `partition` returns them.
        """
        known = [
            (self._together(groups), trial.score)
            for trial in trials
            for groups in [self.partition(trial.route)]
            if groups is not None
        ]
        features, scores = map(np.array, zip(*known, strict=True))
        rows = np.stack([self._together(groups) for groups in partitions])
        return Ridge(features, scores).expected(rows)

    def draw(self, trials: Sequence[Trial], rng: np.random.Generator) -> Route:
        return next(self._versions(self._random(rng)))

    def _new(
        self,
        trials: Sequence[Trial],
        tried: set[Route],
        rng: np.random.Generator,
    ) -> Route:
        wanted: Iterator[Route]
        known = [t for t in trials if self.partition(t.route) is not None]
        if len(trials) < self.least_trials or not known:
            drawn = (self._random(rng) for _ in range(MAX_DRAWS // 10))
            wanted = map(next, map(self._versions, drawn))
        else:
            new = tried - {trial.route for trial in trials}
            pending = Counter(map(self.partition, new))
            wanted = self._most_expected(known, pending)
        for route in wanted:
            if route not in tried:
                return route
        return untried(functools.partial(super().draw, trials, rng), tried)

    def _most_expected(
        self, known: Sequence[Trial], pending: Counter[Partition | None]
    ) -> Iterator[Route]:
        """Routes of the partitions that are not pending often enough."""
        expected = self.expected_scores(known, self._pool)
        for index in np.argsort(-expected, kind="stable"):
            if pending[self._pool[index]] < self.num_versions:
                yield from self._versions(self._pool[index])

    @functools.cached_property
    def _pool(self) -> list[Partition]:
        """Partitions to choose from; of few tasks all there are."""
        rng = np.random.default_rng(0)
        drawn = (self._random(rng) for _ in range(self.pool_size))
        return list(dict.fromkeys(drawn))

    def _random(self, rng: np.random.Generator) -> Partition:
        tasks, most = self.space.tasks, self.space.num_subnetworks
        return tuple(map(tuple, random_partition(tasks, most, rng)))

    def _together(self, groups: Partition) -> list[float]:
        """Whether each pair of tasks is in one group, as 0 or 1."""
        of_task = {task: i for i, group in enumerate(groups) for task in group}
        pairs = itertools.combinations(self.space.tasks, 2)
        return [float(of_task[one] == of_task[two]) for one, two in pairs]

    def _versions(self, groups: Partition) -> Iterator[Route]:
        """Routes of a partition, the largest first."""
        space = self.space
        most = space.num_subnetworks // len(groups)
        last = space.num_layers
        least = 1 if space.value_scope == "all_prev" else last
        depths = range(last, least - 1, -1)
        for num_own in range(most, 0, -1):
            for depth in depths:
                yield space.hand_made.grouped(groups, num_own, depth)
