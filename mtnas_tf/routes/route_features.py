"""A route as numbers that do not depend on how sub-networks are numbered."""

import itertools

import numpy as np

from mtnas_tf.routes.route import ROOT
from mtnas_tf.routes.route import Route


def route_features(
    route: Route, has_roots: bool = False, has_linear: bool = False
) -> np.ndarray:
    """Counts that describe a route; equal for routes that differ by names.

    Sub-networks of a layer are interchangeable, so only their numbers matter:
    how many a task reads in each layer and depends on, where gates look, and
    how much tasks have in common.

    Args:
        route: `Route`.
        has_roots: bool. Whether the space has several root features: how many
            a task, any two tasks in common and all tasks depend on counts too.
            Defaults to `False`.
        has_linear: bool. Whether some sub-networks of the space are linear: how
            many a task and all tasks depend on counts too. Defaults to `False`.

    Returns:
        float64 `(features,)`, of the same length for all routes of a space.
    """
    features: list[float] = []
    for task in route.tasks:
        block = route.blocks[task]
        features += _per_layer(route, block.combination)
        features += _per_layer(route, route.reached(task))
        features += [block.query == ROOT, block.query is None]
    reached = {task: set(route.reached(task)) for task in route.tasks}
    for first, second in itertools.combinations(route.tasks, 2):
        features += _per_layer(route, tuple(reached[first] & reached[second]))
    features += _per_layer(route, route.reached())
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


def _per_layer(route: Route, names: tuple[str, ...]) -> list[int]:
    layers = [route.layer_of(name) for name in names]
    return [layers.count(layer) for layer in range(route.num_layers)]
