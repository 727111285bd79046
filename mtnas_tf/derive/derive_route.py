"""The route a search ends with."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from mtnas_tf.models import MTNAS
from mtnas_tf.models import BlockRoute
from mtnas_tf.models import Route
from mtnas_tf.search import SearchModel


def derive_route(search: SearchModel | MTNAS) -> Route:
    """Takes the most probable local route of every block.

    Local routes that read one sub-network differ only by a query without
    effect. They are merged first: their probabilities are summed, otherwise
    the argmax would be biased against them.

    Args:
        search: the search, or its supernet.

    Returns:
        `Route`.

    Raises:
        ValueError: if a route logit is not finite.

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 3.3.
    """
    supernet = search.supernet if isinstance(search, SearchModel) else search
    logits = ops.convert_to_numpy(supernet.policy.logits)
    if not np.isfinite(logits).all():
        raise ValueError(
            "`search` must have finite route logits. Received: "
            f"{int((~np.isfinite(logits)).sum())} that are not: it diverged"
        )
    probs = ops.convert_to_numpy(supernet.policy.probs())
    blocks = supernet.space.blocks
    return Route(
        supernet.space.num_layers,
        supernet.space.num_subnetworks,
        {
            block.consumer: _most_probable(block.routes, probs[index])
            for index, block in enumerate(blocks)
        },
    )


def _most_probable(
    routes: Sequence[BlockRoute], probs: np.ndarray
) -> BlockRoute:
    merged: dict[BlockRoute, float] = {}
    for route, prob in zip(routes, probs, strict=False):  # probs are padded
        if len(route.combination) == 1:
            route = BlockRoute(route.combination)
        merged[route] = merged.get(route, 0.0) + float(prob)
    return max(merged, key=merged.__getitem__)
