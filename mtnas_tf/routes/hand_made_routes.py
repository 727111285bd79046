"""Hand-made routes."""

from collections.abc import Callable
from collections.abc import Sequence

import numpy as np

from mtnas_tf.arguments import check_ints
from mtnas_tf.routes.root_names import root_names
from mtnas_tf.routes.route import ROOT
from mtnas_tf.routes.route import BlockRoute
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.sub_network import SubNetwork

Names = Sequence[str]


class HandMadeRoutes:
    """The routes of known methods, and of tasks that share nothing.

    Every gate looks at the root feature.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0.
        num_subnetworks: int > 0, per layer.
        gated: bool. Whether a block of several sub-networks has a gate.
            Defaults to `True`.

    Example:
    >>> print(HandMadeRoutes(("click", "buy"), 1, 4).disjoint())
    click <- s1+s2 by root
    buy <- s3+s4 by root
    """

    def __init__(
        self,
        tasks: Names,
        num_layers: int,
        num_subnetworks: int,
        gated: bool = True,
    ) -> None:
        self.tasks = tuple(tasks)
        self.num_layers = num_layers
        self.num_subnetworks = num_subnetworks
        self.query = ROOT if gated else None

    def full(self) -> Route:
        """Every block reads all of the previous layer: ML-MMoE."""
        return self._by_layer(
            [0] * self.num_subnetworks, lambda owner, layer: layer
        )

    def disjoint(self) -> Route:
        """Every task has its own share of each layer.

        Raises:
            ValueError: if there are more tasks than sub-networks in a layer.
        """
        shares = self._shares()
        return self._by_layer(
            self._owners(shares),
            lambda owner, layer: [layer[i] for i in shares[owner]],
        )

    def chain(self) -> Route:
        """Every task has one sub-network of its own in each layer.

        Raises:
            ValueError: if there are more tasks than sub-networks in a layer.
        """
        shares = self._shares()
        return self._by_layer(
            self._owners(shares), lambda owner, layer: [layer[shares[owner][0]]]
        )

    def one_layer(self) -> Route:
        """Every task reads all of layer 1, and no other layer: MMoE."""
        return self._of_one_layer(lambda owner, layer: layer)

    def one_layer_disjoint(self) -> Route:
        """Every task reads its own share of layer 1, and no other layer.

        Raises:
            ValueError: if there are more tasks than sub-networks in a layer.
        """
        shares = self._shares()
        return self._of_one_layer(
            lambda owner, layer: [layer[i] for i in shares[owner]]
        )

    def ple(self, num_own: int = 1, own_tables: bool = False) -> Route:
        """The first sub-networks of a layer belong to one task each.

        A task and its own sub-networks read their own and the shared ones of
        the previous layer; shared ones read all. Of one layer this is PLE with
        one level, which is CGC. PLE with more levels is no route: there a gate
        looks at what its task has mixed on the level before.

        Args:
            num_own: int >= 0. Sub-networks of each task. Defaults to `1`.
            own_tables: bool. Whether a task's own sub-networks read an
                embedding table of the task, as in `MEPLE`, which sums what
                gates look at. Defaults to `False`.

        Raises:
            ValueError: if no sub-network is left to be shared.
        """
        count = num_own * len(self.tasks)
        if self.num_subnetworks <= count:
            raise ValueError(
                f"`num_subnetworks` must exceed {num_own} for each of "
                f"{len(self.tasks)} tasks. "
                f"Received: num_subnetworks={self.num_subnetworks}"
            )
        shared = len(self.tasks)
        owners = [
            place // num_own if place < count else shared
            for place in range(self.num_subnetworks)
        ]

        def read(owner: int, layer: Names) -> Names:
            return [
                name
                for name, its in zip(layer, owners, strict=True)
                if owner == shared or its in (owner, shared)
            ]

        route = self._by_layer(owners, read)
        return self._over_tables(route, owners) if own_tables else route

    def grouped(
        self,
        groups: Sequence[Names],
        num_own: int = 1,
        depth: int | None = None,
        own_tables: bool = False,
    ) -> Route:
        """Tasks share all within a group, and nothing across groups.

        Args:
            groups: names of the tasks of each group; every task is in one.
            num_own: int > 0. Sub-networks of each group in a layer. Defaults
                to `1`.
            depth: int > 0. The layer that tasks read; below it every layer
                reads the one before. Defaults to `None`, the last layer.
            own_tables: bool. Whether each group has an embedding table of its
                own: of groups of one task this is `SingleTask`. Defaults to
                `False`.

        Raises:
            ValueError: if the groups do not hold every task once, if there are
                too few sub-networks, or no such layer.

        Example:
        >>> routes = HandMadeRoutes(("click", "buy", "like"), 1, 4)
        >>> print(routes.grouped([("click", "like"), ("buy",)]))
        click <- s1
        buy <- s2
        like <- s1
        """
        depth = self.num_layers if depth is None else depth
        self._check_groups(groups, num_own, depth)
        layers = [self._names(layer) for layer in range(self.num_layers)]
        owners = [place // num_own for place in range(self.num_subnetworks)]

        def share(layer: int, owner: int) -> BlockRoute:
            first = min(owner, len(groups) - 1) * num_own
            return self._block(layers[layer][first : first + num_own])

        blocks = {
            name: share(layer - 1, owner)
            for layer in range(1, self.num_layers)
            for owner, name in zip(owners, layers[layer], strict=True)
        }
        of_task = {task: i for i, group in enumerate(groups) for task in group}
        for task in self.tasks:
            blocks[task] = share(depth - 1, of_task[task])
        route = Route(self.num_layers, self.num_subnetworks, blocks)
        return self._over_tables(route, owners) if own_tables else route

    def _over_tables(self, route: Route, owners: Sequence[int]) -> Route:
        """The route with an embedding table for each owner in layer 1."""
        roots = root_names(1 + max(owners))
        names = self._names(0)
        return route.with_roots(
            {n: roots[owner] for n, owner in zip(names, owners, strict=True)}
        )

    def _check_groups(
        self, groups: Sequence[Names], num_own: int, depth: int
    ) -> None:
        check_ints(num_own=num_own, depth=depth)
        given = [task for group in groups for task in group]
        if sorted(given) != sorted(self.tasks) or not all(groups):
            raise ValueError(
                f"`groups` must hold each of {self.tasks} once, and none be "
                f"empty. Received: groups={groups}"
            )
        if len(groups) * num_own > self.num_subnetworks:
            raise ValueError(
                f"`groups` must have at most {self.num_subnetworks} "
                f"sub-networks in a layer. Received: {len(groups)} groups, "
                f"num_own={num_own}"
            )
        if depth > self.num_layers:
            raise ValueError(
                f"`depth` must be at most {self.num_layers}. "
                f"Received: depth={depth}"
            )

    def _shares(self) -> list[np.ndarray]:
        """Indices in a layer, a share for each task."""
        shares = np.array_split(
            np.arange(self.num_subnetworks), len(self.tasks)
        )
        if not len(shares[-1]):
            raise ValueError(
                "`num_subnetworks` must be at least the number of tasks. "
                f"Received: num_subnetworks={self.num_subnetworks}"
            )
        return shares

    def _owners(self, shares: Sequence[np.ndarray]) -> list[int]:
        """The task that each sub-network of a layer belongs to."""
        return [task for task, share in enumerate(shares) for _ in share]

    def _by_layer(
        self, owners: Sequence[int], read: Callable[[int, Names], Names]
    ) -> Route:
        """A route whose blocks read `read(owner, names of the previous layer)`.

        Args:
            owners: the owner of each sub-network of a layer. A task is its own.
            read: callable.
        """
        layers = [self._names(layer) for layer in range(self.num_layers)]
        blocks = {
            name: self._block(read(owner, before))
            for before, layer in zip(layers[:-1], layers[1:], strict=True)
            for owner, name in zip(owners, layer, strict=True)
        }
        for owner, task in enumerate(self.tasks):
            blocks[task] = self._block(read(owner, layers[-1]))
        return Route(self.num_layers, self.num_subnetworks, blocks)

    def _of_one_layer(self, read: Callable[[int, Names], Names]) -> Route:
        """Tasks read `read(task's index, names of layer 1)`."""
        first = self._names(0)
        blocks = {
            name: self._block(first[:1])
            for layer in range(1, self.num_layers)
            for name in self._names(layer)
        }
        for owner, task in enumerate(self.tasks):
            blocks[task] = self._block(read(owner, first))
        return Route(self.num_layers, self.num_subnetworks, blocks)

    def _block(self, names: Names) -> BlockRoute:
        return BlockRoute(tuple(names), self.query)

    def _names(self, layer: int) -> tuple[str, ...]:
        return tuple(
            SubNetwork(layer, index).name(self.num_subnetworks)
            for index in range(self.num_subnetworks)
        )
