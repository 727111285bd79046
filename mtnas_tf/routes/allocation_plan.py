"""What is computed to serve the components that tasks use."""

import dataclasses
from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

Parts = tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class AllocationPlan:
    """The tensors of a network of allocated components, each computed once.

    A state is what a layer passes on to some tasks: tasks that agree on the
    components of all layers so far have the same. A layer in which a task has
    no component passes on zeros, so that nothing before it is computed.

    Args:
        layers: tuple of tuples of pairs, one for each state of a layer: the
            state of the layer before that it reads (0, the only one, in the
            first; `None` if it reads nothing), and its components.
        leaves: tuple of int. For each task its state of the last layer.

    Example:
    >>> plan = AllocationPlan.of([[[1, 0], [1, 1]], [[1, 0], [0, 1]]])
    >>> plan.layers
    (((0, (0,)),), ((0, (0, 1)), (0, (1,))))
    >>> plan.leaves
    (0, 1)
    >>> plan.evaluations  # component 1 of layer 1 is computed for both
    [(0, 0, 0), (1, 0, 0), (1, 0, 1)]
    """

    layers: tuple[tuple[tuple[int | None, Parts], ...], ...]
    leaves: tuple[int, ...]

    @classmethod
    def of(cls, allocated: npt.ArrayLike) -> Self:
        """The plan of an allocation.

        Args:
            allocated: array of 0 and 1, `(tasks, layers, components)`.
        """
        bits = np.asarray(allocated)
        num_tasks, num_layers, _ = bits.shape
        states: list[list[tuple[int | None, Parts]]] = [
            [] for _ in range(num_layers)
        ]
        leaves = []
        for task in range(num_tasks):
            chosen = [tuple(map(int, row.nonzero()[0])) for row in bits[task]]
            leaves.append(_add_path(states, chosen))
        return cls(tuple(map(tuple, states)), tuple(leaves))

    @property
    def active(self) -> list[list[int]]:
        """The components of each layer that some task uses."""
        return [
            sorted({part for _, parts in states for part in parts})
            for states in self.layers
        ]

    @property
    def evaluations(self) -> list[tuple[int, int, int]]:
        """Every (layer, state that is read, component) that is computed."""
        return sorted(
            {
                (layer, parent, part)
                for layer, states in enumerate(self.layers)
                for parent, parts in states
                if parent is not None
                for part in parts
            }
        )


def _add_path(
    states: list[list[tuple[int | None, Parts]]], chosen: Sequence[Parts]
) -> int:
    """Adds what a task reads, and returns its last state."""
    empty = [layer for layer, parts in enumerate(chosen) if not parts]
    start = empty[-1] if empty else 0
    parent: int | None = None if empty else 0
    place = 0
    for layer in range(start, len(chosen)):
        state = (parent, chosen[layer])
        if state not in states[layer]:
            states[layer].append(state)
        place = states[layer].index(state)
        parent = place
    return place
