"""Expected improvement: routes that may be better, not only those that are."""

import warnings
from collections.abc import Collection
from collections.abc import Sequence

import numpy as np
from scipy import stats

from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.strategies.surrogate import Surrogate
from mtnas_tf.search.candidates.strategies.trial import Trial


class ExpectedImprovement(Surrogate):
    """Takes routes by how much they are expected to improve on the best.

    The surrogate takes the route with the highest expected score, and so learns
    little of what no good trial has. Here a route of which less is known counts
    for what it may turn out to be. With the expectation `m` and the posterior
    deviation `s` of the ridge regression, and `b` the highest expectation of a
    route that was tried (a score itself has luck in it):

        z = (m - b) / s
        improvement = (m - b) cdf(z) + s pdf(z)

    Routes of one round are proposed one after the other. Those before make the
    next one surer of what they will tell, so that a round is not one route in
    eight versions.

    As with `Surrogate`, the first trials are random; a search says in every
    round whether scores were used, and warns if they never are. If all scores
    are equal, there is nothing to learn from: proposals are random, with a
    warning.

    Args:
        space: see `Surrogate`.
        first: see `Surrogate`. Defaults to `()`.
        num_random: see `Surrogate`. Defaults to `None`.
        pool_size: see `Surrogate`. Defaults to `500`.
        draws: see `RandomSearch`. Defaults to `"any_sparsity"`.

    Example:
    >>> space = mt.routes.RouteSpace(("click", "buy"), 1, 2)
    >>> strategy = ExpectedImprovement(space, num_random=2)
    >>> routes = list(space.hand_made_routes().values())
    >>> trials = [
    ...     mt.search.strategies.Trial(route, score)
    ...     for route, score in zip(routes, (0.7, 0.6))
    ... ]
    >>> bool((strategy.improvements(trials, routes) > 0).all())
    True

    Reference:
    - [Jones et al., 1998](https://doi.org/10.1023/A:1008306431147), equation
      15; of a linear model here.
    """

    def improvements(
        self,
        trials: Sequence[Trial],
        routes: Sequence[Route],
        pending: Collection[Route] = (),
    ) -> np.ndarray:
        """Expected improvements of routes: `(routes,)`.

        Args:
            trials: earlier trials.
            routes: `Route`s.
            pending: routes that will be tried beside them. Defaults to `()`.
        """
        model = self.fitted(trials)
        tried = self.features([trial.route for trial in trials])
        new = self.features(routes)
        others = self.features(list(pending)) if pending else None
        gains = model.expected(new) - model.expected(tried).max()
        spread = model.deviations(new, others)
        z = gains / np.where(spread == 0, 1.0, spread)
        found = gains * stats.norm.cdf(z) + spread * stats.norm.pdf(z)
        improvements: np.ndarray = np.where(
            spread == 0, np.maximum(gains, 0.0), found
        )
        return improvements

    def worth(
        self,
        trials: Sequence[Trial],
        routes: Sequence[Route],
        tried: Collection[Route],
    ) -> np.ndarray:
        if len({trial.score for trial in trials}) == 1:
            warnings.warn(
                f"{type(self).__name__} proposes random routes: all of "
                f"{len(trials)} trials have the same score.",
                stacklevel=4,
            )
        known = {trial.route for trial in trials}
        pending = [route for route in tried if route not in known]
        return self.improvements(trials, routes, pending)
