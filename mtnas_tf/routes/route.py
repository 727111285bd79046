"""One sharing route: what every block reads, and by which query."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtnas_preprocessing import local_path

ROOT = "root"


def sub_network_name(layer: int, index: int, num_subnetworks: int) -> str:
    """The papers' numbering: s1 .. sK in layer 1, s(K+1) .. in layer 2.

    Example:
    >>> sub_network_name(layer=1, index=0, num_subnetworks=4)
    's5'
    """
    return f"s{layer * num_subnetworks + index + 1}"


@dataclasses.dataclass(frozen=True)
class BlockRoute:
    """The local route of one block.

    Args:
        combination: tuple of names of the sub-networks it reads, in order.
        query: name of the sub-network whose output its gate looks at, or
            `"root"`; `None` where nothing is gated (one sub-network, a mean).
    """

    combination: tuple[str, ...]
    query: str | None = None

    def __post_init__(self) -> None:
        if not self.combination:
            raise ValueError(
                "`combination` must not be empty. Received: combination=()"
            )

    def __str__(self) -> str:
        values = "+".join(self.combination)
        return values if self.query is None else f"{values} by {self.query}"


@dataclasses.dataclass(frozen=True)
class Route:
    """One choice per block: a whole sharing route.

    Routes are equal when they compute the same network: the query of a
    single sub-network, whose gate is constant, is dropped.

    Args:
        num_layers: int > 0. Layers of sub-networks.
        num_subnetworks: int > 0. Sub-networks per layer.
        blocks: dict consumer -> `BlockRoute`, for every sub-network of layers
            2 and up (s5, s6, ... with four a layer), then for every task.

    Example:
    >>> route = Route(1, 2, {"rated": BlockRoute(("s1", "s2"), "root")})
    >>> print(route)
    rated <- s1+s2 by root
    """

    num_layers: int
    num_subnetworks: int
    blocks: Mapping[str, BlockRoute]

    def __post_init__(self) -> None:
        blocks = {
            consumer: BlockRoute(block.combination)
            if len(block.combination) == 1
            else block
            for consumer, block in self.blocks.items()
        }
        object.__setattr__(self, "blocks", blocks)
        hidden = self.sub_networks(range(1, self.num_layers))
        missing = [name for name in hidden if name not in blocks]
        if missing or not self.tasks:
            raise ValueError(
                f"`blocks` must hold all of {hidden} and at least one task. "
                f"Received: {tuple(blocks)}"
            )
        for consumer in blocks:
            self._check_block(consumer)

    def __str__(self) -> str:
        """A line for each block but those of sub-networks that feed no task."""
        live = {*self.reached(), *self.tasks}
        lines = [f"{k} <- {b}" for k, b in self.blocks.items() if k in live]
        return "\n".join(lines)

    def __hash__(self) -> int:
        blocks = frozenset(self.blocks.items())
        return hash((self.num_layers, self.num_subnetworks, blocks))

    @property
    def tasks(self) -> tuple[str, ...]:
        hidden = self.sub_networks(range(1, self.num_layers))
        return tuple(name for name in self.blocks if name not in hidden)

    def layer_of(self, name: str) -> int:
        """0-based layer of a sub-network; `num_layers` for a task."""
        if name in self.tasks:
            return self.num_layers
        return (int(name[1:]) - 1) // self.num_subnetworks

    def sub_networks(self, layers: Any = None) -> tuple[str, ...]:
        """Names of the sub-networks of the given layers, or of all."""
        layers = range(self.num_layers) if layers is None else layers
        return tuple(
            sub_network_name(layer, index, self.num_subnetworks)
            for layer in layers
            for index in range(self.num_subnetworks)
        )

    def reached(self, task: str | None = None) -> tuple[str, ...]:
        """Sub-networks that the tasks, or one task, depend on.

        A sub-network that serves only as a query counts.
        """
        found: set[str] = set()
        frontier = set(self.tasks if task is None else (task,))
        while frontier:
            block = self.blocks.get(frontier.pop())
            if block is None:  # layer 1 reads the root feature
                continue
            sources = set(block.combination)
            if block.query not in (None, ROOT):
                sources.add(str(block.query))
            frontier |= sources - found
            found |= sources
        return tuple(name for name in self.sub_networks() if name in found)

    def to_json(self) -> str:
        """The route as JSON."""
        return json.dumps(
            {
                "num_layers": self.num_layers,
                "num_subnetworks": self.num_subnetworks,
                "blocks": {
                    consumer: {
                        "combination": list(block.combination),
                        "query": block.query,
                    }
                    for consumer, block in self.blocks.items()
                },
            },
            indent=2,
        )

    @classmethod
    def from_json(cls, text: str) -> "Route":
        """The inverse of `to_json`."""
        data = json.loads(text)
        blocks = {
            consumer: BlockRoute(tuple(block["combination"]), block["query"])
            for consumer, block in data["blocks"].items()
        }
        return cls(data["num_layers"], data["num_subnetworks"], blocks)

    @classmethod
    def load(cls, path: str | Path) -> "Route":
        """Reads a route from a JSON file."""
        return cls.from_json(local_path(path).read_text(encoding="utf-8"))

    def _check_block(self, consumer: str) -> None:
        layer = self.layer_of(consumer)
        values = self.sub_networks(range(layer))
        queries = {ROOT, None, *values}
        block = self.blocks[consumer]
        # Keeps only what is allowed, once each, in order.
        ordered = tuple(name for name in values if name in block.combination)
        if block.combination != ordered:
            raise ValueError(
                f"`blocks[{consumer!r}].combination` must hold some of "
                f"{values} in order. Received: combination={block.combination}"
            )
        if block.query not in queries:
            raise ValueError(
                f"`blocks[{consumer!r}].query` must be 'root' or a sub-network "
                f"of an earlier layer. Received: query={block.query!r}"
            )
