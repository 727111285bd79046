"""All routes of a small space."""

import itertools

from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace

MOST_ROUTES = 100_000


def all_routes(space: RouteSpace) -> list[Route]:
    """Every route once.

    Raises:
        ValueError: if there are more than `MOST_ROUTES`.
    """
    if space.size > MOST_ROUTES:
        raise ValueError(
            f"`space` must have at most {MOST_ROUTES:,} routes to list them. "
            f"Received: {space.size:,} routes"
        )
    choices = [range(len(block.routes)) for block in space.blocks]
    routes = map(space.route, itertools.product(*choices))
    return list(dict.fromkeys(routes))
