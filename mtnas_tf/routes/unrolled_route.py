"""The route of tasks that each send their own input through shared blocks."""

import dataclasses
from collections.abc import Mapping
from collections.abc import Sequence

from mtnas_tf.routes.route import BlockRoute
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.sub_network import SubNetwork

Read = tuple[SubNetwork, ...]  # what is averaged
Key = tuple[Read, int]  # what a copy reads, and of which block it is


@dataclasses.dataclass(frozen=True)
class UnrolledRoute:
    """A route with a sub-network for each input that a block is applied to.

    In some methods a block of layer 2 or higher is applied once for each task,
    to what the task has read so far. A sub-network of a `Route` reads one
    input: a block is copied for each distinct one. Tasks that chose alike up to
    a layer share the copies up to there. A task may skip layers but the first:
    it then keeps what it has read.

    Args:
        route: `Route` whose blocks of several sub-networks have no query: they
            take the mean.
        sources: dict name of a sub-network -> index of its block in its layer.

    Example:
    >>> unrolled = UnrolledRoute.of({"click": [[0], [2]], "buy": [[1], [2]]})
    >>> print(unrolled.route)
    s3 <- s1
    s4 <- s2
    click <- s3
    buy <- s4
    >>> unrolled.sources
    {'s1': 0, 's2': 1, 's3': 2, 's4': 2}
    """

    route: Route
    sources: Mapping[str, int]

    @classmethod
    def of(
        cls, choices: Mapping[str, Sequence[Sequence[int]]]
    ) -> "UnrolledRoute":
        """The route of the blocks that each task takes in each layer.

        Args:
            choices: dict task name -> for each layer the indices of the blocks
                that the task averages; none if it skips the layer, which
                cannot be the first.

        Raises:
            ValueError: if a task skips the first layer.

        Example:
        >>> route = UnrolledRoute.of({"click": [[0, 1]], "buy": [[1]]}).route
        >>> print(route)
        click <- s1+s2
        buy <- s2
        """
        num_layers = len(next(iter(choices.values())))
        layers: list[dict[Key, int]] = []
        read: dict[str, Read] = dict.fromkeys(choices, ())
        for layer in range(num_layers):
            places: dict[Key, int] = {}
            for task, blocks in choices.items():
                if layer == 0 and not len(blocks[0]):
                    raise ValueError(
                        "`choices` must hold a block of the first layer for "
                        f"every task. Received: none for {task!r}"
                    )
                indices = sorted(
                    places.setdefault((read[task], block), len(places))
                    for block in set(blocks[layer])
                )
                if indices:
                    read[task] = tuple(SubNetwork(layer, i) for i in indices)
            layers.append(places)
        return cls._from_places(layers, read)

    @classmethod
    def _from_places(
        cls,
        layers: Sequence[Mapping[Key, int]],
        read: Mapping[str, Read],
    ) -> "UnrolledRoute":
        """From the copies of each layer, and those that tasks end with."""
        width = max(map(len, layers))

        def block(read: Read) -> BlockRoute:
            return BlockRoute(tuple(copy.name(width) for copy in read))

        blocks, sources = {}, {}
        for layer, places in enumerate(layers):
            for (before, source), index in places.items():
                name = SubNetwork(layer, index).name(width)
                sources[name] = source
                if layer:
                    blocks[name] = block(before)
            # Layers are equally wide; nobody reads what fills the others up.
            for index in range(len(places), width if layer else 0):
                name = SubNetwork(layer, index).name(width)
                blocks[name] = block((SubNetwork(layer - 1, 0),))
        tasks = {task: block(copies) for task, copies in read.items()}
        return cls(Route(len(layers), width, {**blocks, **tasks}), sources)
