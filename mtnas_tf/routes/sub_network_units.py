"""How wide the sub-networks of a route are, and what its blocks read."""

from collections.abc import Sequence

from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_widths
from mtnas_tf.routes.route import Route

Units = int | Sequence[int]  # of all sub-networks, or of each one of a layer


class SubNetworkUnits:
    """The widths of a route's sub-networks.

    A block reads as many units as the widest of its sub-networks has; of a
    narrower one the others are 0.

    Args:
        route: `Route`.
        units: int > 0, of all sub-networks; or a sequence of them, the width of
            each sub-network of a layer, the same in all layers.

    Raises:
        ValueError: if `units` has not a width for each.

    Example:
    >>> space = mt.routes.RouteSpace(("click", "buy"), 1, 2)
    >>> units = SubNetworkUnits(space.full_route(), (64, 16))
    >>> units.of("s2"), units.read_by("buy")
    (16, 64)
    """

    def __init__(self, route: Route, units: Units) -> None:
        self.route = route
        self.widths = layer_widths(units, route.num_subnetworks)

    @property
    def are_equal(self) -> bool:
        """Whether all sub-networks have one width."""
        return len(set(self.widths)) == 1

    def of(self, name: str) -> int:
        """The width of a sub-network."""
        return self.widths[self.route.place(name).index]

    def read_by(self, consumer: str) -> int:
        """The width of what a consumer of sub-networks reads."""
        return max(map(self.of, self.route.blocks[consumer].combination))

    def banks(self) -> dict[str, list[str]]:
        """The sub-networks that tasks depend on, by the shape of their kernel.

        Returns:
            dict name of a bank -> names of the sub-networks of a layer whose
            kernels have one shape. That of a whole layer is `"layer_1"`, that
            of a part `"layer_1_s2"`, by its first one.
        """
        route, found = self.route, {}
        for names in route.reached_by_layer:
            layer = route.layer_of(names[0])
            by_shape: dict[tuple[int, int], list[str]] = {}
            for name in names:
                read = self.read_by(name) if layer else 0
                by_shape.setdefault((read, self.of(name)), []).append(name)
            for part in by_shape.values():
                suffix = "" if len(by_shape) == 1 else f"_{part[0]}"
                found[f"layer_{layer + 1}{suffix}"] = part
        return found


def layer_widths(units: Units, num_subnetworks: int) -> tuple[int, ...]:
    """The width of each sub-network of a layer.

    Args:
        units: see `SubNetworkUnits`.
        num_subnetworks: int > 0.

    Example:
    >>> layer_widths(64, 3)
    (64, 64, 64)
    """
    if isinstance(units, Sequence):
        check_widths(num_subnetworks, units=units)
        if len(units) == num_subnetworks:
            return tuple(map(int, units))
        raise ValueError(
            f"`units` must have a width for each of the {num_subnetworks} "
            f"sub-networks of a layer. Received: units={units}"
        )
    check_ints(units=units)
    return (int(units),) * num_subnetworks


def chosen_widths(
    subnetwork_units: Sequence[int] | None,
    units: int | None,
    num_subnetworks: int,
) -> tuple[int, ...]:
    """The widths of a layer: those of a space, or one of the user's.

    Args:
        subnetwork_units: of the space, see `RouteSpace`.
        units: int > 0; 64 if both are `None`.
        num_subnetworks: int > 0.

    Raises:
        ValueError: if both are given.

    Example:
    >>> chosen_widths(None, 8, 2), chosen_widths((8, 4), None, 2)
    ((8, 8), (8, 4))
    """
    if subnetwork_units is None:
        default = 64 if units is None else units
        return layer_widths(default, num_subnetworks)
    if units is not None:
        raise ValueError(
            "`units` must be None in a space that has `subnetwork_units`. "
            f"Received: units={units}, subnetwork_units={subnetwork_units}"
        )
    return layer_widths(tuple(subnetwork_units), num_subnetworks)
