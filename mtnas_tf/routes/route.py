"""A sharing route: the sub-networks and the query of every block."""

import dataclasses
import functools
import itertools
import json
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtnas_preprocessing import local_path
from mtnas_tf.routes.root_names import in_order
from mtnas_tf.routes.root_names import is_root_name
from mtnas_tf.routes.root_names import numbered_roots
from mtnas_tf.routes.root_names import root_names
from mtnas_tf.routes.sub_network import SubNetwork
from mtnas_tf.routes.sub_network import sub_networks

ROOT = root_names(1)[0]


@dataclasses.dataclass(frozen=True)
class BlockRoute:
    """The local route of one block.

    Args:
        combination: tuple of names of the sub-networks it reads, in order.
        query: name of the sub-network whose output its gate looks at, or
            `"root"`: the mean of the root features that its consumer depends
            on. `None` where nothing is gated (one sub-network, a mean).

    Example:
    >>> print(BlockRoute(("s1", "s2"), query="root"))
    s1+s2 by root
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


@dataclasses.dataclass(frozen=True, eq=False)
class Route:
    """One choice per block: a whole sharing route.

    Routes are equal when they compute the same network: blocks of sub-networks
    that feed no task do not count, and the query of a single sub-network, whose
    gate is constant, is dropped.

    A sub-network of layer 1 reads one of several root features, each of an
    embedding table of its own. So a task that reads sub-networks alone that no
    other task reads, of a root feature that they alone read, has its own table;
    one that reads others too has both, its own and the shared one; and a group
    of tasks may have a table. Root features are interchangeable: they are
    numbered by the first sub-network that reads them.

    A linear sub-network of layer 1 has no activation: what reads it skips from
    the root feature.

    Args:
        num_layers: int > 0. Layers of sub-networks.
        num_subnetworks: int > 0. Sub-networks per layer.
        blocks: dict consumer -> `BlockRoute`, for every sub-network of layers
            2 and up (s5, s6, ... with four a layer), then for every task.
        roots: dict sub-network of layer 1 -> name of the root feature that it
            reads: `"root"`, `"root2"`, ... Those left out read `"root"`.
            Defaults to `None`, all do.
        linear: names of the sub-networks of layer 1 that are linear. Defaults
            to `()`.

    Example:
    >>> route = Route(1, 2, {"rated": BlockRoute(("s1", "s2"), "root")})
    >>> print(route)
    rated <- s1+s2 by root
    >>> print(Route(1, 2, route.blocks, {"s2": "root2"}))
    s2 <- root2
    rated <- s1+s2 by root
    """

    num_layers: int
    num_subnetworks: int
    blocks: Mapping[str, BlockRoute]
    roots: Mapping[str, str] = None  # type: ignore[assignment]
    linear: tuple[str, ...] = ()

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
        clash = {ROOT, *self.sub_networks([0])} & set(blocks)
        if clash:
            raise ValueError(
                "`blocks` must not hold 'root' or a sub-network of layer 1. "
                f"Received: {sorted(clash)}"
            )
        for consumer in blocks:
            self._check_block(consumer)
        self._check_first_layer()
        first = [name for name in self.reached() if self.layer_of(name) == 0]
        roots = numbered_roots(self.roots or {}, first)
        linear = tuple(name for name in first if name in self.linear)
        object.__setattr__(self, "roots", roots)
        object.__setattr__(self, "linear", linear)

    def __str__(self) -> str:
        """One line for each block that feeds a task.

        And one for each sub-network of layer 1 that is linear, or reads another
        root feature than the first.
        """
        live = {*self.reached(), *self.tasks}
        lines = [
            f"{name} <- {self.roots.get(name, ROOT)}"
            + (", linear" if name in self.linear else "")
            for name in self.sub_networks([0])
            if name in self.roots or name in self.linear
        ]
        lines += [f"{k} <- {b}" for k, b in self.blocks.items() if k in live]
        return "\n".join(lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Route) and self._network == other._network

    def __hash__(self) -> int:
        return hash(self._network)

    @functools.cached_property
    def _network(self) -> tuple[object, ...]:
        """The computed network: equal for routes that compute the same."""
        live = {*self.reached(), *self.tasks}
        blocks = ((k, b) for k, b in self.blocks.items() if k in live)
        shape = self.num_layers, self.num_subnetworks
        first = frozenset(self.roots.items()), self.linear
        return *shape, frozenset(blocks), *first

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(name for name in self.blocks if name not in self._places)

    def place(self, name: str) -> SubNetwork:
        """The layer of a sub-network, and its index there."""
        return self._places[name]

    def layer_of(self, name: str) -> int:
        """0-based layer of a sub-network; `num_layers` for a task."""
        return self.num_layers if name in self.tasks else self.place(name).layer

    def sub_networks(
        self, layers: Iterable[int] | None = None
    ) -> tuple[str, ...]:
        """Names of the sub-networks of the given layers, or of all."""
        wanted = range(self.num_layers) if layers is None else tuple(layers)
        return tuple(n for n, at in self._places.items() if at.layer in wanted)

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

    @property
    def reached_by_layer(self) -> list[list[str]]:
        """`reached()`, by layer; without layers that no task depends on."""
        by_layer = itertools.groupby(self.reached(), self.layer_of)
        return [list(names) for _, names in by_layer]

    def roots_of(self, consumer: str) -> tuple[str, ...]:
        """Root features that a sub-network or a task depends on."""
        names = self.reached(consumer) or (consumer,)
        first = [name for name in names if self.layer_of(name) == 0]
        return in_order({self.roots.get(name, ROOT) for name in first})

    def with_roots(self, roots: Mapping[str, str]) -> "Route":
        """The same blocks over other root features."""
        return dataclasses.replace(self, roots=roots)

    def with_linear(self, names: Iterable[str]) -> "Route":
        """The same route with these sub-networks of layer 1 linear."""
        return dataclasses.replace(self, linear=tuple(names))

    @property
    def used_roots(self) -> tuple[str, ...]:
        """Root features that the tasks depend on, the first at least."""
        return root_names(1 + len(set(self.roots.values())))

    def to_dict(self) -> dict[str, Any]:
        """The route as JSON's kinds of values."""
        first = {"roots": dict(self.roots), "linear": list(self.linear)}
        return {
            "num_layers": self.num_layers,
            "num_subnetworks": self.num_subnetworks,
            "blocks": {
                consumer: {
                    "combination": list(block.combination),
                    "query": block.query,
                }
                for consumer, block in self.blocks.items()
            },
            **{key: value for key, value in first.items() if value},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Route":
        """The inverse of `to_dict`."""
        blocks = {
            consumer: BlockRoute(tuple(block["combination"]), block["query"])
            for consumer, block in values["blocks"].items()
        }
        shape = values["num_layers"], values["num_subnetworks"]
        linear = tuple(values.get("linear", ()))
        return cls(*shape, blocks, values.get("roots", {}), linear)

    def to_json(self) -> str:
        """The route as JSON."""
        return json.dumps(self.to_dict(), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Route":
        """The inverse of `to_json`."""
        return cls.from_dict(json.loads(text))

    @classmethod
    def load(cls, path: str | Path) -> "Route":
        """Reads a route from a JSON file."""
        return cls.from_json(local_path(path).read_text(encoding="utf-8"))

    @property
    def _places(self) -> Mapping[str, SubNetwork]:
        return sub_networks(self.num_layers, self.num_subnetworks)

    def _check_first_layer(self) -> None:
        first = self.sub_networks([0])
        for name, root in (self.roots or {}).items():
            if name not in first or not is_root_name(root):
                raise ValueError(
                    f"`roots` must give some of {first} a root feature, "
                    f"'root', 'root2', ... Received: {name!r}: {root!r}"
                )
        if not set(self.linear) <= set(first):
            raise ValueError(
                f"`linear` must hold some of {first}. "
                f"Received: linear={self.linear}"
            )

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
