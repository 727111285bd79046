"""Random routes that are sparse as often as dense."""

import numpy as np

from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes.random_roots import random_roots
from mtnas_tf.routes.renumbered_route import renumbered
from mtnas_tf.search.candidates.strategies.partitions import random_partition


def proposed_route(space: RouteSpace, rng: np.random.Generator) -> Route:
    """Draws a route to try, with nothing known of its score.

    A route drawn uniformly from a space (`RouteSpace.random_route`) is dense:
    tasks of nearly every one share much. Routes that keep tasks apart, which
    are best where tasks disagree, are one in thousands. Here one half of the
    routes reads any number of sub-networks equally often, block by block. The
    other half are groupings of the tasks, drawn uniformly: the tasks of a group
    share all, and those of different groups nothing. In a space of several
    tables, any number of them is read equally often, one by all sub-networks of
    a group, and as many as there are groups at most. Where sub-networks may be
    linear, any number of them is. Where they differ in width, those of a group
    are any.

    Args:
        space: `RouteSpace`.
        rng: source of randomness.

    Example:
    >>> space = mt.routes.RouteSpace(("click", "buy", "like"), 1, 4)
    >>> print(proposed_route(space, np.random.default_rng(1)))
    click <- s2+s3+s4 by root
    buy <- s1+s2+s3+s4 by root
    like <- s4
    """
    if rng.integers(2):
        grouped = _grouped(space, rng)
        if space.subnetwork_units is not None:
            order = rng.permutation(space.num_subnetworks)
            grouped = renumbered(grouped, order.tolist())
        return _with_linear(grouped, space, rng)
    route = space.route([b.routes.draw_by_size(rng) for b in space.blocks])
    if space.num_tables > 1:
        most = 1 + int(rng.integers(space.num_tables))
        names = route.sub_networks([0])
        route = route.with_roots(random_roots(names, space.roots[:most], rng))
    return _with_linear(route, space, rng)


def _with_linear(
    route: Route, space: RouteSpace, rng: np.random.Generator
) -> Route:
    """Any number of linear sub-networks, if the space has some."""
    if not space.has_linear:
        return route
    names = rng.permutation(route.sub_networks([0])).tolist()
    return route.with_linear(names[: int(rng.integers(len(names) + 1))])


def _grouped(space: RouteSpace, rng: np.random.Generator) -> Route:
    """Groups of equally many sub-networks, as deep as the space allows."""
    groups = random_partition(space.tasks, space.num_subnetworks, rng)
    num_own = 1 + int(rng.integers(space.num_subnetworks // len(groups)))
    depth = space.num_layers
    if space.value_scope == "all_prev":
        depth = 1 + int(rng.integers(space.num_layers))
    route = space.hand_made.grouped(groups, num_own, depth)
    if space.num_tables == 1:
        return route
    most = 1 + int(rng.integers(min(space.num_tables, len(groups))))
    dealt = rng.permutation(len(groups)) % most
    names = route.sub_networks([0])[: num_own * len(groups)]
    return route.with_roots(
        {name: space.roots[dealt[i // num_own]] for i, name in enumerate(names)}
    )
