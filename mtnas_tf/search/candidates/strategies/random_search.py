"""Random search."""

from collections.abc import Sequence

import numpy as np

from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.strategies.proposed_route import proposed_route
from mtnas_tf.search.candidates.strategies.strategy import Strategy
from mtnas_tf.search.candidates.strategies.trial import Trial


class RandomSearch(Strategy):
    """Draws routes of any sparsity, and groupings of tasks.

    See `proposed_route`; `RouteSpace.random_route` draws uniformly.

    Args:
        space: see `Strategy`.
        first: see `Strategy`. Defaults to `()`.

    Example:
    >>> space = mt.routes.RouteSpace(("click", "buy"), 1, 2)
    >>> strategy = RandomSearch(space, first=[space.full_route()])
    >>> routes = strategy.propose([], 2, np.random.default_rng(0))
    >>> routes[0] == space.full_route()
    True
    """

    def draw(self, trials: Sequence[Trial], rng: np.random.Generator) -> Route:
        return proposed_route(self.space, rng)
