"""Surrogate: a regression on the scores proposes routes."""

from collections.abc import Collection
from collections.abc import Sequence

import numpy as np

from mtnas_tf.arguments import check_at_least
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes.route_features import route_features
from mtnas_tf.search.candidates.strategies.random_first import RandomFirst
from mtnas_tf.search.candidates.strategies.random_search import ANY_SPARSITY
from mtnas_tf.search.candidates.strategies.ridge import Ridge
from mtnas_tf.search.candidates.strategies.trial import Trial


class Surrogate(RandomFirst):
    """Ridge regression of the scores on features of routes.

    One training says little about a route, because its start matters as much.
    The effect of, say, reading one more sub-network can be estimated from all
    trials, and thus many starts. After some random routes, the strategy draws a
    pool of routes for each proposal and takes the untried one with the highest
    expected score. The penalty has the least leave-one-out error.

    Args:
        space: see `Strategy`.
        first: see `Strategy`. Defaults to `()`.
        num_random: see `RandomFirst`; trials before the first prediction.
            Defaults to `None`.
        pool_size: int > 0. Routes that a proposal is the best of. Defaults to
            `500`.
        draws: see `RandomSearch`. Defaults to `"any_sparsity"`.

    Example:
    >>> space = mt.routes.RouteSpace(("click", "buy"), 1, 2)
    >>> strategy = Surrogate(space, num_random=2)
    >>> routes = list(space.hand_made_routes().values())
    >>> trials = [
    ...     mt.search.strategies.Trial(route, score)
    ...     for route, score in zip(routes, (0.7, 0.6))
    ... ]
    >>> low, high = sorted(strategy.expected_scores(trials, routes[:2]))
    >>> bool(0.6 < low < high < 0.7)  # shrunk towards the mean
    True

    Reference:
    - [Wen et al., 2019](https://arxiv.org/abs/1912.00848), a predictor trained
      on random architectures; linear here.
    """

    def __init__(
        self,
        space: RouteSpace,
        first: Sequence[Route] = (),
        num_random: int | None = None,
        pool_size: int = 500,
        draws: str = ANY_SPARSITY,
    ) -> None:
        super().__init__(space, first, num_random, draws)
        check_at_least(1, pool_size=pool_size)
        self.pool_size = pool_size

    def expected_scores(
        self, trials: Sequence[Trial], routes: Sequence[Route]
    ) -> np.ndarray:
        """Scores expected from the trials: `(routes,)`."""
        return self.fitted(trials).expected(self.features(routes))

    def fitted(self, trials: Sequence[Trial]) -> Ridge:
        """The regression of the trials' scores."""
        scores = np.array([trial.score for trial in trials])
        return Ridge(self.features([t.route for t in trials]), scores)

    def features(self, routes: Sequence[Route]) -> np.ndarray:
        """What the regression knows of routes: `(routes, features)`."""
        space = self.space
        kinds = space.num_tables > 1, space.has_linear, space.subnetwork_units
        return np.stack([route_features(route, *kinds) for route in routes])

    def worth(
        self,
        trials: Sequence[Trial],
        routes: Sequence[Route],
        tried: Collection[Route],
    ) -> np.ndarray:
        """By what the routes of a pool are ranked: `(routes,)`.

        Args:
            trials: earlier trials.
            routes: the pool.
            tried: routes of trials, and those proposed beside this one.
        """
        return self.expected_scores(trials, routes)

    def _new(
        self,
        trials: Sequence[Trial],
        tried: set[Route],
        rng: np.random.Generator,
    ) -> Route:
        if len(trials) < self.least_trials:
            return super()._new(trials, tried, rng)
        drawn = [self.draw(trials, rng) for _ in range(self.pool_size)]
        pool = [route for route in drawn if route not in tried] or drawn
        return pool[int(np.argmax(self.worth(trials, pool, tried)))]
