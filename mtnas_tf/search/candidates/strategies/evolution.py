"""Evolution: routes that differ a little from good ones."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from mtnas_tf.arguments import check_choices
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes.block import Block
from mtnas_tf.routes.random_roots import random_roots
from mtnas_tf.search.candidates.strategies.proposed_route import proposed_route
from mtnas_tf.search.candidates.strategies.strategy import Strategy
from mtnas_tf.search.candidates.strategies.trial import Trial

MUTATIONS = ("block", "edge")


class Evolution(Strategy):
    """Regularized evolution: the best of a few recent routes, mutated.

    A parent is the best of `tournament_size` trials drawn from the latest
    `population_size`; older ones die, however good. Its child has another
    local route in one block that the parent's tasks depend on, which reads any
    number of sub-networks equally often. In a space that has a choice of them,
    a sub-network of layer 1 may instead read another table, or become linear or
    cease to be. Random routes, as `RandomSearch` draws them, come first, until
    there is a population, or for half of a search that makes fewer than twice
    `population_size` trials.

    Args:
        space: see `Strategy`.
        first: see `Strategy`. Defaults to `()`.
        population_size: int > 0. Defaults to `16`.
        tournament_size: int > 0. Defaults to `4`.
        mutation: `"block"`, as above, or `"edge"`: the child reads one value
            more or less in a block, or has another query there. With many
            values a block drawn anew has little of its parent. Defaults to
            `"block"`.

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
        mutation: str = "block",
    ) -> None:
        super().__init__(space, first)
        check_choices(MUTATIONS, mutation=mutation)
        if not 0 < tournament_size <= population_size:
            raise ValueError(
                "`tournament_size` must lie in [1, population_size]. Received: "
                f"tournament_size={tournament_size}, "
                f"population_size={population_size}"
            )
        self.population_size = population_size
        self.tournament_size = tournament_size
        self.mutation = mutation

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

        Or in the table that a sub-network of layer 1 reads, or in whether it is
        linear. If nothing has a choice, this is the route itself.
        """
        live = {*route.reached(), *route.tasks}
        blocks = [
            block
            for block in self.space.blocks
            if block.consumer in live and block.routes.count_all > 1
        ]
        readers, bent = self._readers(route), self._bent(route)
        count = len(blocks) + len(readers) + len(bent)
        if not count:
            return route
        index = int(rng.choice(count))
        if index >= len(blocks) + len(readers):
            changed = {bent[index - len(blocks) - len(readers)]}
            return route.with_linear(changed ^ set(route.linear))
        if index >= len(blocks):
            return self._reread(route, readers[index - len(blocks)], rng)
        block = blocks[index]
        drawn = {block.consumer: self._changed(block, route, rng)}
        return dataclasses.replace(route, blocks={**route.blocks, **drawn})

    def _changed(
        self, block: Block, route: Route, rng: np.random.Generator
    ) -> BlockRoute:
        """Another local route of a block."""
        present = route.blocks[block.consumer]
        if self.mutation == "edge":
            return block.routes.neighbour(present, rng)
        index = block.routes.index(present)
        drawn = index
        while drawn == index:
            drawn = block.routes.draw_by_size(rng)
        changed: BlockRoute = block.routes[drawn]
        return changed

    def _bent(self, route: Route) -> list[str]:
        """Sub-networks that may become linear, or cease to be."""
        first = route.reached_by_layer[0]
        return first if self.space.has_linear else []

    def _readers(self, route: Route) -> list[str]:
        """Sub-networks that may read another table, which makes a difference.

        Not if there is but one: tables are interchangeable.
        """
        first = route.reached_by_layer[0]
        return first if self.space.num_tables > 1 and len(first) > 1 else []

    def _reread(
        self, route: Route, name: str, rng: np.random.Generator
    ) -> Route:
        """A route in which a sub-network reads another table."""
        changed = route
        while changed == route:
            drawn = random_roots([name], self.space.roots, rng)
            changed = route.with_roots({**route.roots, **drawn})
        return changed


def _score(trial: Trial) -> float:
    return trial.score
