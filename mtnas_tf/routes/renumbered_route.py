"""A route whose sub-networks change places."""

from collections.abc import Sequence

from mtnas_tf.routes.route import BlockRoute
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.sub_network import SubNetwork


def renumbered(route: Route, order: Sequence[int]) -> Route:
    """The route with the sub-networks of every layer in other places.

    It computes the same, unless places differ, as by `subnetwork_units`.

    Args:
        route: `Route`.
        order: permutation of the places of a layer: what was at `i` will be at
            `order[i]`.

    Example:
    >>> space = mt.routes.RouteSpace(("click", "buy"), 1, 2)
    >>> print(renumbered(space.hand_made.disjoint(), (1, 0)))
    click <- s2
    buy <- s1
    """
    count = route.num_subnetworks
    new = {}
    for name in route.sub_networks():
        place = route.place(name)
        moved = SubNetwork(place.layer, int(order[place.index]))
        new[name] = moved.name(count)

    def block(old: BlockRoute) -> BlockRoute:
        read = {new[name] for name in old.combination}
        ordered = tuple(n for n in route.sub_networks() if n in read)
        return BlockRoute(ordered, new.get(str(old.query), old.query))

    return Route(
        route.num_layers,
        count,
        {new.get(k, k): block(b) for k, b in route.blocks.items()},
        {new[name]: root for name, root in route.roots.items()},
        tuple(new[name] for name in route.linear),
    )
