"""A distribution over routes that REINFORCE can move."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np
from scipy import special

from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes.block import Block
from mtnas_tf.routes.root_names import ROOT

EDGES, QUERY, TABLE, LINEAR = "edges", "query", "table", "linear"
Decision = tuple[str, str]  # its kind, and the sub-network or task it is about
Logits = dict[Decision, np.ndarray]
LIMIT = 20.0  # probabilities stay apart from 0 and 1 in float64


class RoutePolicy:
    """Draws a route's edges, queries, tables and linear sub-networks.

    Each edge of a block has a probability of its own, given that the block
    reads something. A softmax draws the query of a block, and the table of a
    sub-network: one that those before it read, or the next, since tables are
    interchangeable. All logits are 0 at first, and all blocks equally likely.

    Args:
        space: `RouteSpace`.

    Attributes:
        logits: dict of a kind of decision and a name -> array.

    Example:
    >>> space = mt.routes.RouteSpace(("click", "buy"), 1, 2)
    >>> policy = RoutePolicy(space)
    >>> route = policy.draw(np.random.default_rng(0))
    >>> before = policy.log_probability(route)
    >>> policy.move(policy.gradient(route))
    >>> bool(policy.log_probability(route) > before)
    True
    """

    def __init__(self, space: RouteSpace) -> None:
        self.space = space
        self.logits: Logits = {}
        for block in space.blocks:
            name, queries = block.consumer, self._queries(block)
            self.logits[EDGES, name] = np.zeros(len(block.values))
            self.logits[QUERY, name] = np.zeros(len(queries))
        for name in space.full_route().sub_networks([0]):
            self.logits[TABLE, name] = np.zeros(space.num_tables)
            self.logits[LINEAR, name] = np.zeros(1)

    def draw(self, rng: np.random.Generator) -> Route:
        """A route of the space."""
        space = self.space
        blocks = {b.consumer: self._draw_block(b, rng) for b in space.blocks}
        route = Route(space.num_layers, space.num_subnetworks, blocks)
        first = route.reached_by_layer[0]
        if space.num_tables > 1:
            route = route.with_roots(self._draw_tables(first, rng))
        if space.has_linear:
            odds = {name: self.logits[LINEAR, name][0] for name in first}
            bent = [n for n in first if rng.random() < special.expit(odds[n])]
            route = route.with_linear(bent)
        return route

    def log_probability(self, route: Route) -> float:
        """Of the decisions that the route's network depends on."""
        total = 0.0
        for decision, taken in self._decisions(route):
            logits = self.logits[decision][: len(taken)]
            total += float(taken @ logits) - _normalizer(decision, logits)
        return total

    def gradient(self, route: Route) -> Logits:
        """The gradient of `log_probability` with respect to the logits.

        What was taken minus what was expected to be; 0 where a decision makes
        no difference to the network.
        """
        found = {key: np.zeros_like(each) for key, each in self.logits.items()}
        for decision, taken in self._decisions(route):
            logits = self.logits[decision][: len(taken)]
            expected = _expected(decision, logits)
            found[decision][: len(taken)] = taken - expected
        return found

    def move(self, step: Mapping[Decision, np.ndarray]) -> None:
        """Adds to the logits, which stay in [-`LIMIT`, `LIMIT`]."""
        for decision, change in step.items():
            moved = self.logits[decision] + change
            self.logits[decision] = np.clip(moved, -LIMIT, LIMIT)

    def _queries(self, block: Block) -> tuple[str | None, ...]:
        return (ROOT, *block.queries) if self.space.gated else (None,)

    def _draw_block(self, block: Block, rng: np.random.Generator) -> BlockRoute:
        logits = self.logits[EDGES, block.consumer]
        bits = _draw_bits(logits, rng)
        reads = tuple(np.array(block.values)[bits].tolist())
        queries = self._queries(block)
        drawn = _draw_one(self.logits[QUERY, block.consumer], rng)
        return BlockRoute(reads, queries[drawn])

    def _draw_tables(
        self, first: Sequence[str], rng: np.random.Generator
    ) -> dict[str, str]:
        tables: dict[str, str] = {}
        for name in first:
            open_to = self._tables(len(set(tables.values())))
            drawn = _draw_one(self.logits[TABLE, name][: len(open_to)], rng)
            tables[name] = open_to[drawn]
        return tables

    def _tables(self, num_read: int) -> tuple[str, ...]:
        """Tables that the next sub-network may read."""
        return tuple(self.space.roots[: num_read + 1])

    def _decisions(self, route: Route) -> Iterator[tuple[Decision, np.ndarray]]:
        """What was decided and matters: one-hot, or a bit for each edge."""
        live = {*route.reached(), *route.tasks}
        for block in self.space.blocks:
            name = block.consumer
            if name in live:
                taken = route.blocks[name]
                yield (EDGES, name), _bits(block.values, taken.combination)
                if len(taken.combination) > 1:
                    queries = self._queries(block)
                    yield (QUERY, name), _bits(queries, [taken.query])
        read: set[str] = set()
        for name in route.reached_by_layer[0]:
            table = route.roots.get(name, ROOT)
            yield (TABLE, name), _bits(self._tables(len(read)), [table])
            read.add(table)
            if self.space.has_linear:
                yield (LINEAR, name), _bits([name], route.linear)


def _bits(
    names: Sequence[str | None], taken: Sequence[str | None]
) -> np.ndarray:
    return np.array([name in taken for name in names], float)


def _normalizer(decision: Decision, logits: np.ndarray) -> float:
    """Log of the sum over all that might be decided."""
    if decision[0] in (QUERY, TABLE):
        return float(np.logaddexp.reduce(logits))
    total = np.logaddexp(0.0, logits).sum()
    if decision[0] == EDGES:  # all but the empty set
        total += np.log(-np.expm1(-total))
    return float(total)


def _expected(decision: Decision, logits: np.ndarray) -> np.ndarray:
    """The gradient of `_normalizer`."""
    if decision[0] in (QUERY, TABLE):
        softmax: np.ndarray = special.softmax(logits)
        return softmax
    found: np.ndarray = special.expit(logits)
    if decision[0] == EDGES:
        found = found / -np.expm1(-np.logaddexp(0.0, logits).sum())
    return found


def _draw_bits(logits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bits of which one is set at least: bool `(edges,)`."""
    bits = np.zeros(len(logits), bool)
    for index in range(len(logits)):
        odds = special.expit(logits[index])
        if not bits.any():
            rest = np.logaddexp(0.0, logits[index:]).sum()
            odds = odds / -np.expm1(-rest)
        bits[index] = rng.random() < odds
    return bits


def _draw_one(logits: np.ndarray, rng: np.random.Generator) -> int:
    return int(rng.choice(len(logits), p=special.softmax(logits)))
