"""The local routes of a block, counted instead of listed."""

import itertools
import math
from collections.abc import Iterator
from collections.abc import Sequence
from typing import overload

import numpy as np

from mtnas_tf.routes.route import BlockRoute


class LocalRoutes(Sequence[BlockRoute]):
    """Every non-empty subset of some values, times the queries it may have.

    Subsets come by size, then in the order of `itertools.combinations`, the
    queries of one after another. A route and its index are computed from each
    other: of sixteen values there are 65,535 subsets, and most uses of a space
    need none of them.

    Args:
        values: names of the sub-networks that a route may read.
        queries: names that a subset's gate may look at.
        single_queries: the same for a single value. Defaults to `None`, as
            `queries`.

    Example:
    >>> routes = LocalRoutes(("s1", "s2"), ("root", "s1"))
    >>> len(routes), str(routes[-1])
    (6, 's1+s2 by s1')
    """

    def __init__(
        self,
        values: Sequence[str],
        queries: Sequence[str | None],
        single_queries: Sequence[str | None] | None = None,
    ) -> None:
        self.values = tuple(values)
        self._queries = tuple(queries)
        self._single_queries = self._queries
        if single_queries is not None:
            self._single_queries = tuple(single_queries)

    @property
    def count_all(self) -> int:
        """The number of routes, which `len` may be too small for."""
        return sum(map(self._count, range(1, len(self.values) + 1)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LocalRoutes) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[object, ...]:
        return self.values, self._queries, self._single_queries

    def __len__(self) -> int:
        return self.count_all

    @overload
    def __getitem__(self, index: int) -> BlockRoute: ...

    @overload
    def __getitem__(self, index: slice) -> list[BlockRoute]: ...

    def __getitem__(self, index: int | slice) -> BlockRoute | list[BlockRoute]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        rest = int(index)
        if rest < 0:
            rest += self.count_all
        for size in range(1, len(self.values) + 1):
            if 0 <= rest < self._count(size):
                queries = self._queries_of(size)
                rank, query = divmod(rest, len(queries))
                chosen = _subset(rank, size, len(self.values))
                names = tuple(self.values[i] for i in chosen)
                return BlockRoute(names, queries[query])
            rest -= self._count(size)
        raise IndexError(
            f"`index` must be below {self.count_all}. Received: index={index}"
        )

    def __iter__(self) -> Iterator[BlockRoute]:
        for size in range(1, len(self.values) + 1):
            for names in itertools.combinations(self.values, size):
                for query in self._queries_of(size):
                    yield BlockRoute(names, query)

    def draw(self, rng: np.random.Generator) -> int:
        """The index of a local route drawn uniformly."""
        return draw_below(self.count_all, rng)

    def draw_by_size(self, rng: np.random.Generator) -> int:
        """The index of a local route whose size was drawn first.

        All numbers of values are equally frequent, and of one number all
        routes. Drawn uniformly, hardly a route of many values is sparse.
        """
        size = 1 + int(rng.integers(len(self.values)))
        before = sum(map(self._count, range(1, size)))
        return before + draw_below(self._count(size), rng)

    def index(
        self, value: BlockRoute, start: int = 0, stop: int | None = None
    ) -> int:
        """The first index of a route that computes what `value` does.

        The query of a single value has no effect.

        Raises:
            ValueError: if there is none.
        """
        names, size = value.combination, len(value.combination)
        queries = self._queries_of(size)
        query = queries[0] if size == 1 else value.query
        if set(names) <= set(self.values) and query in queries:
            chosen = [self.values.index(name) for name in names]
            before = sum(map(self._count, range(1, size)))
            rank = _rank(chosen, len(self.values))
            found = before + rank * len(queries) + queries.index(query)
            if start <= found and (stop is None or found < stop):
                return found
        raise ValueError(f"{value} is none of the local routes")

    def neighbour(
        self, value: BlockRoute, rng: np.random.Generator
    ) -> BlockRoute:
        """A local route that differs in one edge, or in its query.

        A bit for each value, and one for the query where several values have a
        choice of it, are equally likely to change. A single value is not left
        out but replaced.

        Args:
            value: one of the local routes.
            rng: source of randomness.

        Returns:
            `BlockRoute`; `value` itself if there is no other.
        """
        names = set(value.combination)
        others = [query for query in self._queries if query != value.query]
        has_query = len(names) > 1 and len(others) > 0
        drawn = int(rng.integers(len(self.values) + has_query))
        if drawn == len(self.values):
            query = others[int(rng.integers(len(others)))]
            return BlockRoute(value.combination, query)
        changed = names ^ {self.values[drawn]}
        if not changed:
            rest = [name for name in self.values if name not in names]
            if not rest:
                return value
            changed = {rest[int(rng.integers(len(rest)))]}
        ordered = tuple(name for name in self.values if name in changed)
        query = value.query
        if len(ordered) == 1:
            query = None
        elif query not in self._queries:
            query = self._queries[int(rng.integers(len(self._queries)))]
        return BlockRoute(ordered, query)

    def _queries_of(self, size: int) -> tuple[str | None, ...]:
        return self._single_queries if size == 1 else self._queries

    def _count(self, size: int) -> int:
        """Number of routes that read this many values."""
        subsets = math.comb(len(self.values), size)
        return subsets * len(self._queries_of(size))


def draw_below(count: int, rng: np.random.Generator) -> int:
    """An int drawn uniformly from those below `count`, of any size."""
    if count <= np.iinfo(np.int64).max:
        return int(rng.integers(count))
    bits = count.bit_length()
    while True:
        drawn = int.from_bytes(rng.bytes(-(-bits // 8)), "little")
        drawn &= 2**bits - 1
        if drawn < count:
            return drawn


def _rank(chosen: Sequence[int], count: int) -> int:
    """Number of subsets of the same size that come before one."""
    rank, start = 0, 0
    for place, value in enumerate(chosen):
        later = len(chosen) - place - 1
        for skipped in range(start, value):
            rank += math.comb(count - skipped - 1, later)
        start = value + 1
    return rank


def _subset(rank: int, size: int, count: int) -> list[int]:
    """The inverse of `_rank`."""
    chosen: list[int] = []
    for value in range(count):
        later = size - len(chosen) - 1
        if later < 0:
            break
        subsets = math.comb(count - value - 1, later)
        if rank < subsets:
            chosen.append(value)
        else:
            rank -= subsets
    return chosen
