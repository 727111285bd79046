"""The local routes in front of one consumer."""

import dataclasses

from mtnas_tf.routes.local_routes import LocalRoutes


@dataclasses.dataclass(frozen=True)
class Block:
    """What one sub-network or task may read, and what its gate may look at.

    Args:
        consumer: name of the sub-network or the task.
        values: names of the sub-networks that it may read.
        queries: names of those that may be the query, beside the root.
        routes: `LocalRoutes` over both.
    """

    consumer: str
    values: tuple[str, ...]
    queries: tuple[str, ...]
    routes: LocalRoutes

    @property
    def combinations(self) -> list[list[int]]:
        """Indices among `values` of what each local route reads."""
        return [
            [self.values.index(name) for name in route.combination]
            for route in self.routes
        ]

    @property
    def query_indices(self) -> list[int]:
        """Index among `queries` of each route's query, -1 for the root."""
        return [
            self.queries.index(route.query)
            if route.query in self.queries
            else -1
            for route in self.routes
        ]
