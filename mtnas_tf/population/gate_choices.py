"""What the gates in front of one layer read and ask on several routes."""

from collections.abc import Sequence

import numpy as np

from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace


def gate_choices(
    space: RouteSpace, layer: int, routes: Sequence[Route]
) -> list[np.ndarray]:
    """The arguments of `CandidateGates.assign_routes`.

    Args:
        space: `RouteSpace`.
        layer: 0-based layer that the gates read.
        routes: a `Route` of the space for each candidate.

    Returns:
        `[masks, sources, roots]`, float32.

    Example:
    >>> space = RouteSpace(("click", "buy"), num_layers=1, num_subnetworks=2)
    >>> masks, _, _ = gate_choices(space, 0, [space.hand_made.disjoint()])
    >>> masks.tolist()
    [[[1.0, 0.0], [0.0, 1.0]]]
    """
    blocks = space.blocks_of(layer)
    values, queries = blocks[0].values, blocks[0].queries
    chosen = [
        [route.blocks[block.consumer] for block in blocks] for route in routes
    ]
    masks = [
        [[v in local.combination for v in values] for local in locals_]
        for locals_ in chosen
    ]
    sources = [
        [[q == local.query for q in queries] for local in locals_]
        for locals_ in chosen
    ]
    asked = [
        [route.roots_of(block.consumer) for block in blocks] for route in routes
    ]
    roots = [
        [[root in own for root in space.roots] for own in of_blocks]
        for of_blocks in asked
    ]
    return [np.array(each, "float32") for each in (masks, sources, roots)]
