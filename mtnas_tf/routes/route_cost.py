"""The cost of serving one row by a route's network."""

from collections.abc import Mapping

from mtnas_tf.routes.route import ROOT
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.sub_network_units import SubNetworkUnits
from mtnas_tf.routes.sub_network_units import Units


def multiply_adds(
    route: Route,
    root_units: int,
    units: Units = 64,
    stem_units: int | None = None,
    root_query: str = "features",
    gated: bool = True,
    num_outputs: Mapping[str, int] | None = None,
) -> int:
    """Multiply-adds of the pruned network behind the embeddings, per row.

    Counted are the products with weights (stem, sub-networks, gates, towers)
    and the mixes; not normalization and activations.

    Args:
        route: `Route`.
        root_units: int > 0. Width of the root feature.
        units: int > 0, width of a sub-network; or a sequence, the width of each
            one of a layer. Where widths differ, what is mixed is as wide as the
            widest, zeros included. Defaults to `64`.
        stem_units: int > 0, or `None`. Defaults to `None`.
        root_query: `"features"` or `"stem"`, see `SparseRouteModel`. Defaults
            to `"features"`.
        gated: bool. Whether mixes have gates. Defaults to `True`.
        num_outputs: dict task name -> `TaskSpec.num_outputs`. Defaults to
            `None`, 1 of each task.

    Returns:
        int.

    Example:
    >>> text = '{"num_layers": 1, "num_subnetworks": 2, "blocks": {"rated": '
    >>> text += '{"combination": ["s1", "s2"], "query": "root"}}}'
    >>> multiply_adds(Route.from_json(text), root_units=120)
    15792
    """
    widths = SubNetworkUnits(route, units)
    first_inputs = stem_units or root_units
    root_query_units = root_units if root_query == "features" else first_inputs
    total = root_units * stem_units if stem_units else 0
    total *= len(route.used_roots)
    for consumer in (*route.reached(), *route.tasks):
        block = route.blocks.get(consumer)
        if block is None:  # layer 1
            total += first_inputs * widths.of(consumer)
            continue
        num_read, read = len(block.combination), widths.read_by(consumer)
        if num_read > 1:
            total += num_read * read
        if num_read > 1 and gated:
            query_units = root_query_units * len(route.roots_of(consumer))
            if block.query != ROOT:
                query_units = widths.of(str(block.query))
            total += num_read * query_units
        if consumer in route.tasks:
            total += read * (num_outputs or {}).get(consumer, 1)
        else:
            total += read * widths.of(consumer)
    return total
