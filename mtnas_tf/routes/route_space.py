"""The space of all routes of a supernet."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_names
from mtnas_tf.arguments import check_widths
from mtnas_tf.routes.block import Block
from mtnas_tf.routes.hand_made_routes import HandMadeRoutes
from mtnas_tf.routes.local_routes import LocalRoutes
from mtnas_tf.routes.random_roots import random_roots
from mtnas_tf.routes.root_names import root_names
from mtnas_tf.routes.route import ROOT
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.sub_network import sub_networks
from mtnas_tf.routes.sub_network_units import layer_widths

QUERY_SCOPES = ("prev", "all_prev", "root")
VALUE_SCOPES = ("prev", "all_prev")
# Of a block in a supernet: 10 sub-networks a layer, or 14 if gates ask the root
# alone.
MOST_LOCAL_ROUTES = 2**14


class RouteSpace:
    """The Cartesian product of the local routes of all blocks.

    A block's local routes are the non-empty subsets of the previous layer
    times the queries: 15 x 5 = 75 for four sub-networks and the default scope.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0.
        num_subnetworks: int > 0, per layer.
        query_scope: `"prev"` (the root feature and the sub-networks of the
            previous layer), `"all_prev"` (and of all layers before it) or
            `"root"` (the paper's ablation without query search). Defaults to
            `"prev"`; the paper names only the previous layer, but its ablation
            needs the root in the set.
        gated: bool. Whether a query matters; without gates a block has one
            route per subset. Defaults to `True`.
        dedup_singletons: bool. Whether to keep one of the routes that read a
            single sub-network and differ by a query without effect. The paper
            keeps all. Defaults to `False`.
        value_scope: `"prev"` (a block reads the previous layer, as in the
            paper) or `"all_prev"` (any layer before its consumer). With the
            latter, nets of one layer are routes too, `MMoE` among them.
            Defaults to `"prev"`.
        num_tables: int > 0. Embedding tables, of one of which a sub-network of
            layer 1 reads the root feature, see `Route`: of as many as there are
            tasks every task can have its own. Defaults to `1`.
        has_linear: bool. Whether sub-networks of layer 1 may be linear: blocks
            then skip from the root feature, see `Route`. Defaults to `False`.
        subnetwork_units: sequence of int > 0. Width of each sub-network of a
            layer, the same in all layers, see `SubNetworkUnits`: a block then
            chooses among wide and narrow ones. Defaults to `None`, one width.

    Example:
    >>> space = RouteSpace(["click", "like"], num_layers=2, num_subnetworks=2)
    >>> space.size
    6561
    >>> route = space.random_route(np.random.default_rng(0))
    >>> route == space.route(space.choices(route))
    True

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 3.1.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        num_layers: int,
        num_subnetworks: int,
        query_scope: str = "prev",
        gated: bool = True,
        dedup_singletons: bool = False,
        value_scope: str = "prev",
        num_tables: int = 1,
        has_linear: bool = False,
        subnetwork_units: Sequence[int] | None = None,
    ) -> None:
        check_ints(num_layers=num_layers, num_subnetworks=num_subnetworks)
        check_ints(num_tables=num_tables)
        check_choices(QUERY_SCOPES, query_scope=query_scope)
        check_choices(VALUE_SCOPES, value_scope=value_scope)
        check_bools(gated=gated, dedup_singletons=dedup_singletons)
        check_bools(has_linear=has_linear)
        check_names(tasks=tasks)
        self.tasks = tuple(tasks)
        # NumPy's ints are none to JSON.
        self.num_layers = int(num_layers)
        self.num_subnetworks = int(num_subnetworks)
        self.query_scope = query_scope
        self.gated = gated
        self.dedup_singletons = dedup_singletons
        self.value_scope = value_scope
        self.num_tables = int(num_tables)
        self.roots = root_names(self.num_tables)
        self.has_linear = has_linear
        self.subnetwork_units: tuple[int, ...] | None = None
        if subnetwork_units is not None:
            check_widths(
                self.num_subnetworks, subnetwork_units=subnetwork_units
            )
            given = tuple(subnetwork_units)
            self.subnetwork_units = layer_widths(given, self.num_subnetworks)
        names = self._layer_names
        # Consumers of each layer: the next layer's sub-networks, or the tasks.
        self.consumers = (*names[1:], self.tasks)
        clash = {*self.roots, *itertools.chain(*names)} & set(self.tasks)
        if clash:
            raise ValueError(
                "`tasks` must not be called like a sub-network. "
                f"Received: {sorted(clash)}"
            )
        self.blocks = tuple(
            self._block(consumer, layer)
            for layer, consumers in enumerate(self.consumers, start=1)
            for consumer in consumers
        )

    @property
    def size(self) -> int:
        """Number of routes in the whole space.

        Those that differ by the names of tables are counted apart.
        """
        kinds = self.num_tables * (2 if self.has_linear else 1)
        size = kinds**self.num_subnetworks
        for block in self.blocks:
            size *= block.routes.count_all
        return size

    def check_local_routes(self) -> None:
        """Refuses a space with blocks of too many local routes to list.

        Raises:
            ValueError: if a block has more than `MOST_LOCAL_ROUTES`.
        """
        most = max(block.routes.count_all for block in self.blocks)
        if most > MOST_LOCAL_ROUTES:
            raise ValueError(
                "`num_subnetworks` must leave every block at most "
                f"{MOST_LOCAL_ROUTES:,} local routes: a supernet has weights "
                f"for each. Received: num_subnetworks={self.num_subnetworks}, "
                f"{most:,} local routes"
            )

    def blocks_of(self, layer: int) -> tuple[Block, ...]:
        """The blocks that read a 0-based layer."""
        consumers = self.consumers[layer]
        return tuple(b for b in self.blocks if b.consumer in consumers)

    def route(self, choices: Sequence[int]) -> Route:
        """The route of the given local routes, all else as it is at first."""
        return self._route(
            block.routes[choice]
            for block, choice in zip(self.blocks, choices, strict=True)
        )

    def choices(self, route: Route) -> np.ndarray:
        """The inverse of `route`: int32 `(blocks,)`.

        A single sub-network maps to the first of its equal local routes; tables
        and linear sub-networks are left out.
        """
        return np.array(self._indices(route), np.int32)

    def check(self, route: Route) -> None:
        """Raises `ValueError` if a route is not in the space."""
        self._indices(route)

    @property
    def hand_made(self) -> HandMadeRoutes:
        """Routes that people would draw, of the space or not."""
        return HandMadeRoutes(
            self.tasks, self.num_layers, self.num_subnetworks, self.gated
        )

    def full_route(self) -> Route:
        """Every block reads all of the previous layer: ML-MMoE."""
        return self.hand_made.full()

    def hand_made_routes(self) -> dict[str, Route]:
        """Routes that people would draw, by name: those in the space."""
        routes = {"full_route": self.full_route()}
        disjoint = self.num_subnetworks >= len(self.tasks)
        one_layer = self.num_layers > 1 and self.value_scope == "all_prev"
        if disjoint:
            routes["disjoint_route"] = self.hand_made.disjoint()
            routes["chain_route"] = self.hand_made.chain()
        if one_layer:
            routes["one_layer_route"] = self.hand_made.one_layer()
        if disjoint and one_layer:
            routes["one_layer_disjoint_route"] = (
                self.hand_made.one_layer_disjoint()
            )
        if disjoint and 1 < len(self.tasks) <= self.num_tables:
            alone = [(task,) for task in self.tasks]
            own_tables = self.hand_made.grouped(alone, own_tables=True)
            routes["own_tables_route"] = own_tables
        return routes

    def random_route(self, rng: np.random.Generator) -> Route:
        """A route drawn uniformly."""
        route = self.route([b.routes.draw(rng) for b in self.blocks])
        first = self._layer_names[0]
        if self.num_tables > 1:
            route = route.with_roots(random_roots(first, self.roots, rng))
        if self.has_linear:
            is_linear = rng.integers(2, size=len(first))
            route = route.with_linear(itertools.compress(first, is_linear))
        return route

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "tasks": list(self.tasks),
            "num_layers": self.num_layers,
            "num_subnetworks": self.num_subnetworks,
            "query_scope": self.query_scope,
            "gated": self.gated,
            "dedup_singletons": self.dedup_singletons,
            "value_scope": self.value_scope,
            "num_tables": self.num_tables,
            "has_linear": self.has_linear,
            "subnetwork_units": self.subnetwork_units
            and list(self.subnetwork_units),
        }

    @property
    def _layer_names(self) -> list[tuple[str, ...]]:
        count = self.num_subnetworks
        names = tuple(sub_networks(self.num_layers, count))
        return [names[i : i + count] for i in range(0, len(names), count)]

    def _block(self, consumer: str, layer: int) -> Block:
        previous = self._layer_names[layer - 1]
        earlier = tuple(itertools.chain(*self._layer_names[:layer]))
        values = earlier if self.value_scope == "all_prev" else previous
        queries = {"root": (), "prev": previous, "all_prev": earlier}[
            self.query_scope
        ]
        if not self.gated:
            queries = ()
        options = (ROOT, *queries) if self.gated else (None,)
        single = (None,) if self.dedup_singletons else options
        routes = LocalRoutes(values, options, single)
        return Block(consumer, values, queries, routes)

    def _indices(self, route: Route) -> list[int]:
        shape = (self.num_layers, self.num_subnetworks, set(self.tasks))
        if (route.num_layers, route.num_subnetworks, set(route.tasks)) != shape:
            raise ValueError(
                f"`route` must have {shape[0]} layers of {shape[1]} "
                f"sub-networks and tasks {self.tasks}. Received:\n{route}"
            )
        if len(route.used_roots) > self.num_tables:
            raise ValueError(
                f"`route` must read at most {self.num_tables} root features. "
                f"Received:\n{route}"
            )
        if route.linear and not self.has_linear:
            raise ValueError(
                f"`route` must have no linear sub-networks. Received:\n{route}"
            )
        return [self._choice(block, route) for block in self.blocks]

    def _choice(self, block: Block, route: Route) -> int:
        wanted = route.blocks[block.consumer]
        try:
            return block.routes.index(wanted)
        except ValueError as error:
            raise ValueError(
                "`route` must lie in the search space. "
                f"Received: {block.consumer} <- {wanted}"
            ) from error

    def _route(self, blocks: object) -> Route:
        consumers = [block.consumer for block in self.blocks]
        return Route(
            self.num_layers,
            self.num_subnetworks,
            dict(zip(consumers, blocks, strict=True)),  # type: ignore[call-overload]
        )
