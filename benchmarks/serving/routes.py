"""Routes whose networks are served."""

from collections.abc import Mapping
from typing import Any

from mtnas_tf.routes.route import BlockRoute
from mtnas_tf.routes.route import Route

# Less than half of the connections, one sub-network of each layer unused.
SPARSE = Route(
    2,
    4,
    {
        "s5": BlockRoute(("s1", "s2"), "s2"),
        "s6": BlockRoute(("s2", "s3"), "s1"),
        "s7": BlockRoute(("s1", "s2", "s3"), "s3"),
        "s8": BlockRoute(("s4",)),
        "a": BlockRoute(("s5", "s7"), "s6"),
        "b": BlockRoute(("s6", "s7"), "s5"),
    },
)
# A route that a search on Book-Crossing found: it uses every sub-network.
FOUND = Route(
    2,
    4,
    {
        "s5": BlockRoute(("s1", "s2", "s4"), "s2"),
        "s6": BlockRoute(("s1", "s3"), "s1"),
        "s7": BlockRoute(("s1", "s2"), "s2"),
        "s8": BlockRoute(("s1", "s2", "s3", "s4"), "s4"),
        "a": BlockRoute(("s5", "s6", "s8"), "s7"),
        "b": BlockRoute(("s5", "s6"), "s5"),
    },
)


def with_tasks(route: Route, names: Mapping[str, str]) -> Route:
    """The route with its tasks renamed."""
    blocks: dict[str, Any] = {
        names.get(name, name): block for name, block in route.blocks.items()
    }
    return Route(route.num_layers, route.num_subnetworks, blocks)
