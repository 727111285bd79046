"""What all strategies have in common."""

from collections.abc import Sequence

import numpy as np

from mtnas_tf.models import Route
from mtnas_tf.models import RouteSpace
from mtnas_tf.search.strategies.trial import Trial

MAX_DRAWS = 1000  # before a route is proposed twice


class Strategy:
    """Proposes routes; every other method of search is about scoring them.

    Args:
        space: `RouteSpace` to propose routes of.
        first: routes to propose before any other, such as
            `space.hand_made_routes().values()`: what is found is then no worse
            than they are, but for noise. Defaults to none.
    """

    def __init__(self, space: RouteSpace, first: Sequence[Route] = ()) -> None:
        self.space = space
        self.first = list(dict.fromkeys(first))  # once each

    def propose(
        self, trials: Sequence[Trial], count: int, rng: np.random.Generator
    ) -> list[Route]:
        """Routes to try next, as far as possible ones not yet tried.

        Args:
            trials: what has been tried, oldest first.
            count: int > 0.
            rng: source of randomness.

        Returns:
            `count` routes.
        """
        tried = {trial.route for trial in trials}
        proposed: list[Route] = []
        waiting = [route for route in self.first if route not in tried]
        while len(proposed) < count:
            if waiting:
                route = waiting.pop(0)
            else:
                route = self._new(trials, tried, rng)
            tried.add(route)
            proposed.append(route)
        return proposed

    def draw(self, trials: Sequence[Trial], rng: np.random.Generator) -> Route:
        """One route, perhaps tried before."""
        raise NotImplementedError

    def _new(
        self,
        trials: Sequence[Trial],
        tried: set[Route],
        rng: np.random.Generator,
    ) -> Route:
        for _ in range(MAX_DRAWS):
            route = self.draw(trials, rng)
            if route not in tried:
                break
        return route
