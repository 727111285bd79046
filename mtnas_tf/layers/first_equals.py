"""Local routes that compute the same."""

import numpy as np

from mtnas_tf.routes import RouteSpace


def first_equals(space: RouteSpace) -> np.ndarray:
    """The first local route of its block that reads what each one reads.

    Local routes that read the same single sub-network differ by a query without
    effect; any other is equal to itself alone.

    Args:
        space: `RouteSpace`.

    Returns:
        int `(blocks * choices,)`: positions among the local routes of all
        blocks, each padded to as many as the largest has.
    """
    num_choices = max(len(block.routes) for block in space.blocks)
    positions = np.arange(len(space.blocks) * num_choices)
    for start, block in zip(
        positions[::num_choices], space.blocks, strict=True
    ):
        firsts: dict[tuple[str, ...], int] = {}
        for index, route in enumerate(block.routes):
            if len(route.combination) == 1:
                first = firsts.setdefault(route.combination, index)
                positions[start + index] = start + first
    return positions
