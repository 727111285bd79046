"""Random search."""

from collections.abc import Sequence

import numpy as np

from mtnas_tf.arguments import check_choices
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies.proposed_route import proposed_route
from mtnas_tf.search.candidates.strategies.strategy import Strategy
from mtnas_tf.search.candidates.strategies.trial import Trial

ANY_SPARSITY, UNIFORM_DRAWS = DRAWS = ("any_sparsity", "uniform")


class RandomSearch(Strategy):
    """Draws routes at random.

    Args:
        space: see `Strategy`.
        first: see `Strategy`. Defaults to `()`.
        draws: `"any_sparsity"`, sparse routes as often as dense ones and
            groupings of tasks, see `proposed_route`; or `"uniform"`, nearly all
            of them dense, see `RouteSpace.random_route`. Defaults to
            `"any_sparsity"`.

    Example:
    >>> space = mt.routes.RouteSpace(("click", "buy"), 1, 2)
    >>> strategy = RandomSearch(space, first=[space.full_route()])
    >>> routes = strategy.propose([], 2, np.random.default_rng(0))
    >>> routes[0] == space.full_route()
    True
    """

    def __init__(
        self,
        space: RouteSpace,
        first: Sequence[Route] = (),
        draws: str = ANY_SPARSITY,
    ) -> None:
        super().__init__(space, first)
        check_choices(DRAWS, draws=draws)
        self.draws = draws

    def draw(self, trials: Sequence[Trial], rng: np.random.Generator) -> Route:
        if self.draws == UNIFORM_DRAWS:
            return self.space.random_route(rng)
        return proposed_route(self.space, rng)
