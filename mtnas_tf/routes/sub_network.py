"""A sub-network of a supernet: its layer, and its index in the layer."""

import dataclasses
import functools
import types
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class SubNetwork:
    """The position of a sub-network.

    Args:
        layer: int >= 0.
        index: int >= 0, within the layer.
    """

    layer: int
    index: int

    def name(self, num_subnetworks: int) -> str:
        """The papers' numbering: s1 .. sK in layer 1, s(K+1) .. in layer 2.

        Example:
        >>> SubNetwork(layer=1, index=0).name(num_subnetworks=4)
        's5'
        """
        return f"s{self.layer * num_subnetworks + self.index + 1}"


@functools.cache
def sub_networks(
    num_layers: int, num_subnetworks: int
) -> Mapping[str, SubNetwork]:
    """All sub-networks by name, layer by layer.

    Example:
    >>> dict(sub_networks(num_layers=1, num_subnetworks=2))
    {'s1': SubNetwork(layer=0, index=0), 's2': SubNetwork(layer=0, index=1)}
    """
    places = (
        SubNetwork(layer, index)
        for layer in range(num_layers)
        for index in range(num_subnetworks)
    )
    return types.MappingProxyType(
        {place.name(num_subnetworks): place for place in places}
    )
