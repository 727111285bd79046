"""Evolution: routes that differ a little from good ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies.proposed_route import proposed_route
from mtnas_tf.search.candidates.strategies.strategy import Strategy
from mtnas_tf.search.candidates.strategies.trial import Trial


class Evolution(Strategy):
    """Regularized evolution: the best of a few recent routes, mutated.

    A parent is the best of `tournament_size` trials drawn from the latest
    `population_size`; older ones die, however good. Its child has another
    local route in one block that the parent's tasks depend on, which reads any
    number of sub-networks equally often. Random routes, as `RandomSearch` draws
    them, come first, until there is a population, or for half of a search that
    makes fewer than twice `population_size` trials.

    Args:
        space: see `Strategy`.
        first: see `Strategy`. Defaults to `()`.
        population_size: int > 0. Defaults to `16`.
        tournament_size: int > 0. Defaults to `4`.

    Example:
    >>> space = mt.routes.RouteSpace(("click", "buy"), 1, 2)
    >>> strategy = Evolution(space, population_size=2, tournament_size=1)
    >>> full = space.full_route()
    >>> trials = [mt.search.strategies.Trial(full, 0.7)] * 2
    >>> (child,) = strategy.propose(trials, 1, np.random.default_rng(0))
    >>> sum(child.blocks[task] != full.blocks[task] for task in full.tasks)
    1

    Reference:
    - [Real et al., 2019](https://arxiv.org/abs/1802.01548), algorithm 1.
    """

    def __init__(
        self,
        space: RouteSpace,
        first: Sequence[Route] = (),
        population_size: int = 16,
        tournament_size: int = 4,
    ) -> None:
        super().__init__(space, first)
        if not 0 < tournament_size <= population_size:
            raise ValueError(
                "`tournament_size` must lie in [1, population_size]. Received: "
                f"tournament_size={tournament_size}, "
                f"population_size={population_size}"
            )
        self.population_size = population_size
        self.tournament_size = tournament_size

    @property
    def least_trials(self) -> int:
        return self._half_of_budget(self.tournament_size, self.population_size)

    def draw(self, trials: Sequence[Trial], rng: np.random.Generator) -> Route:
        population = trials[-self.population_size :]
        if len(population) < self.least_trials:
            return proposed_route(self.space, rng)
        drawn = rng.choice(len(population), self.tournament_size, replace=False)
        parent = max((population[i] for i in drawn), key=_score)
        return self.mutated(parent.route, rng)

    def mutated(self, route: Route, rng: np.random.Generator) -> Route:
        """A route that differs in one block that a task depends on.

        If no such block has a choice, this is the route itself.
        """
        live = {*route.reached(), *route.tasks}
        blocks = [
            block
            for block in self.space.blocks
            if block.consumer in live and block.routes.count_all > 1
        ]
        if not blocks:
            return route
        block = blocks[int(rng.choice(len(blocks)))]
        present = block.routes.index(route.blocks[block.consumer])
        drawn = present
        while drawn == present:
            drawn = block.routes.draw_by_size(rng)
        return Route(
            route.num_layers,
            route.num_subnetworks,
            {**route.blocks, block.consumer: block.routes[drawn]},
        )


def _score(trial: Trial) -> Any:
    return trial.score
