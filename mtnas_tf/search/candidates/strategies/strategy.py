"""Base of all strategies."""

import warnings
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence

import numpy as np

from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies.trial import Trial

MAX_DRAWS = 1000  # before a route is proposed twice


class Strategy:
    """Proposes the routes that a search trains.

    Args:
        space: `RouteSpace` to propose routes of.
        first: routes to propose before any other, such as
            `space.hand_made_routes().values()`: what is found is then no worse
            than they are, but for noise. Defaults to `()`.

    Example:
    >>> class FullRouteFirst(Strategy):
    ...     def draw(self, trials, rng):
    ...         return self.space.random_route(rng)
    >>> space = mt.routes.RouteSpace(("click", "buy"), 1, 2)
    >>> strategy = FullRouteFirst(space, first=[space.full_route()])
    >>> len(strategy.propose([], 3, np.random.default_rng(0)))
    3
    """

    def __init__(self, space: RouteSpace, first: Sequence[Route] = ()) -> None:
        self.space = space
        self.first = list(dict.fromkeys(first))  # once each
        self.budget: int | None = None

    @property
    def least_trials(self) -> int | None:
        """Trials needed before proposals use scores; `None` for never."""
        return None

    def plan(self, budget: int, per_round: int) -> None:
        """Prepares for a search, before its first proposal.

        Warns (`UserWarning`) if the search ends before scores are used.

        Args:
            budget: int > 0. Routes that the search will try in all.
            per_round: int > 0. Routes that it tries at a time.
        """
        self.budget = budget
        least = self.least_trials
        if least is None:
            return
        starts = range(0, budget, per_round)
        hand_made = len(self.first)
        if not any(
            least <= start and hand_made < min(start + per_round, budget)
            for start in starts
        ):
            warnings.warn(
                f"{type(self).__name__} proposes by scores after {least} "
                f"trials, but the search makes {budget}, {per_round} at a time "
                f"and {min(hand_made, budget)} of given routes: its routes are "
                "given or random. More rounds, or fewer routes in each, would "
                "let it learn.",
                stacklevel=3,
            )

    def uses_scores(self, trials: Sequence[Trial]) -> bool:
        """Whether `propose` looks at the scores of trials.

        Args:
            trials: argument of `propose`.
        """
        least = self.least_trials
        return least is not None and len(trials) >= least

    def num_learned(
        self, trials: Sequence[Trial], routes: Sequence[Route]
    ) -> int | None:
        """Number of routes that were proposed from scores.

        Args:
            trials: argument of `propose`.
            routes: its result.

        Returns:
            int, without the routes to propose first; `None` if the strategy
            never looks at scores.
        """
        if self.least_trials is None:
            return None
        if not self.uses_scores(trials):
            return 0
        return sum(route not in self.first for route in routes)

    def why_blind(self, trials: Sequence[Trial]) -> str:
        """Why proposals do not use scores yet, behind a line; empty if they do.

        Args:
            trials: argument of `propose`.
        """
        least = self.least_trials
        if least is None or len(trials) >= least:
            return ""
        return (
            f" (given or random routes: {len(trials)} of the {least} trials "
            "that scores are learned from)"
        )

    def propose(
        self, trials: Sequence[Trial], count: int, rng: np.random.Generator
    ) -> list[Route]:
        """Routes to try next, if possible ones that were not tried yet.

        Args:
            trials: earlier trials, oldest first.
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

    def _half_of_budget(self, least: int, most: int) -> int:
        """Half of a search's trials; the other half can use their scores."""
        if self.budget is None:
            return most
        return min(most, max(least, self.budget // 2))

    def _new(
        self,
        trials: Sequence[Trial],
        tried: set[Route],
        rng: np.random.Generator,
    ) -> Route:
        return untried(lambda: self.draw(trials, rng), tried)


def untried(draw: Callable[[], Route], tried: Collection[Route]) -> Route:
    """The first drawn route that was not tried, or after many draws any.

    Args:
        draw: draws a route.
        tried: routes.
    """
    for _ in range(MAX_DRAWS):
        route = draw()
        if route not in tried:
            break
    return route
