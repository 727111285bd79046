"""A route as numbers that do not depend on how sub-networks are numbered."""

import itertools
from collections.abc import Sequence

import numpy as np

from mtnas_tf.routes.route import ROOT
from mtnas_tf.routes.route import Route


def route_features(
    route: Route,
    has_roots: bool = False,
    has_linear: bool = False,
    units: Sequence[int] | None = None,
) -> np.ndarray:
    """Counts that describe a route; equal for routes that differ by names.

    Sub-networks of a layer and of one width are interchangeable, so only their
    numbers matter: how many a task reads in each layer and depends on, where
    gates look, and how much tasks have in common.

    Args:
        route: `Route`.
        has_roots: bool. Whether the space has several root features: how many
            a task, any two tasks in common and all tasks depend on counts too.
            Defaults to `False`.
        has_linear: bool. Whether some sub-networks of the space are linear: how
            many a task and all tasks depend on counts too. Defaults to `False`.
        units: width of each sub-network of a layer. Defaults to `None`, one
            width.

    Returns:
        float64 `(features,)`, of the same length for all routes of a space.
    """
    widths = tuple(units or (1,) * route.num_subnetworks)
    features: list[float] = []
    for task in route.tasks:
        block = route.blocks[task]
        features += _counts(route, block.combination, widths)
        features += _counts(route, route.reached(task), widths)
        features += [block.query == ROOT, block.query is None]
    reached = {task: set(route.reached(task)) for task in route.tasks}
    for first, second in itertools.combinations(route.tasks, 2):
        common = tuple(reached[first] & reached[second])
        features += _counts(route, common, widths)
    features += _counts(route, route.reached(), widths)
    hidden = [
        route.blocks[name] for name in route.reached() if name in route.blocks
    ]
    features.append(sum(len(block.combination) for block in hidden))
    features.append(sum(block.query == ROOT for block in hidden))
    if has_roots:
        features += _of_roots(route)
    if has_linear:
        reads = [*reached.values(), set(route.linear)]
        features += [len(read & set(route.linear)) for read in reads]
    return np.array(features, np.float64)


def _of_roots(route: Route) -> list[int]:
    roots = [set(route.roots_of(task)) for task in route.tasks]
    common = [a & b for a, b in itertools.combinations(roots, 2)]
    return [len(each) for each in (*roots, *common, route.used_roots)]


def _counts(
    route: Route, names: tuple[str, ...], widths: tuple[int, ...]
) -> list[int]:
    """The number of sub-networks of each width in each layer."""
    places = [route.place(name) for name in names]
    found = [(place.layer, widths[place.index]) for place in places]
    kinds = itertools.product(range(route.num_layers), sorted(set(widths)))
    return [found.count(kind) for kind in kinds]
