"""The sub-networks of a body that some of its tasks depend on."""

import dataclasses
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from mtnas_tf import layers
from mtnas_tf.layers import SubNetworkBank

from .bank_rows import BankRows

# Class of a body that may be a route -> the banks of each layer of its route,
# one after the other.
BODIES: dict[type, Callable[[Any], list[list[SubNetworkBank]]]] = {
    layers.RouteNetwork: lambda body: [[bank] for bank in body.banks],
    layers.SharedBottom: lambda body: [[bank] for bank in body.bottom.banks],
    layers.MMoE: lambda body: [body.experts.banks],
    layers.MLMMoE: lambda body: [experts.banks for experts in body.experts],
    layers.PLE: lambda body: [level.experts.banks for level in body.levels],
}


@dataclasses.dataclass(frozen=True)
class ReachedLayer:
    """The sub-networks of a layer that some tasks depend on.

    Args:
        names: of the sub-networks.
        stack: their hidden layers, one after the other.
    """

    names: Sequence[str]
    stack: Sequence[BankRows]

    @property
    def units(self) -> int:
        """Width of what they give."""
        return int(self.stack[-1].biases.shape[1])


def reached_layers(body: Any, tasks: Sequence[str]) -> list[ReachedLayer]:
    """The layers of a body's route, cut to what some tasks depend on.

    Args:
        body: sharing body whose class is in `BODIES`.
        tasks: names of tasks, at least one.
    """
    route = body.route
    reached = {name for task in tasks for name in route.reached(task)}
    found = []
    for banks, names in zip(
        BODIES[type(body)](body), route.reached_by_layer, strict=True
    ):
        rows = [row for row, name in enumerate(names) if name in reached]
        if rows:
            stack = [BankRows.of(bank, rows) for bank in banks]
            found.append(ReachedLayer([names[row] for row in rows], stack))
    return found
