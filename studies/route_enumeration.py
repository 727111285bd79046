"""All routes of a small space."""

import itertools

from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace


def all_routes(space: RouteSpace) -> list[Route]:
    """Every route once."""
    choices = [range(len(block.routes)) for block in space.blocks]
    routes = map(space.route, itertools.product(*choices))
    return list(dict.fromkeys(routes))
