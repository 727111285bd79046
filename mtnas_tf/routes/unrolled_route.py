"""The route of tasks that each send their own input through shared blocks."""

import dataclasses
from collections.abc import Mapping
from collections.abc import Sequence

from mtnas_tf.routes.route import BlockRoute
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.sub_network import SubNetwork

Key = tuple[tuple[int, ...], int]  # what a copy reads, and of which block it is


@dataclasses.dataclass(frozen=True)
class UnrolledRoute:
    """A route with a sub-network for each input that a block is applied to.

    In some methods a block of layer 2 or higher is applied once for each task,
    to what the task has read so far. A sub-network of a `Route` reads one
    input: a block is copied for each distinct one. Tasks that chose alike up to
    a layer share the copies up to there.

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
                that the task averages, at least one.

        Example:
        >>> route = UnrolledRoute.of({"click": [[0, 1]], "buy": [[1]]}).route
        >>> print(route)
        click <- s1+s2
        buy <- s2
        """
        num_layers = len(next(iter(choices.values())))
        layers: list[dict[Key, int]] = []
        read: dict[str, tuple[int, ...]] = dict.fromkeys(choices, ())
        for layer in range(num_layers):
            places: dict[Key, int] = {}
            for task, blocks in choices.items():
                read[task] = tuple(
                    sorted(
                        places.setdefault((read[task], block), len(places))
                        for block in set(blocks[layer])
                    )
                )
            layers.append(places)
        return cls._from_places(layers, read)

    @classmethod
    def _from_places(
        cls,
        layers: Sequence[Mapping[Key, int]],
        read: Mapping[str, tuple[int, ...]],
    ) -> "UnrolledRoute":
        """From the copies of each layer, and those of the last by task."""
        width = max(map(len, layers))

        def block(layer: int, indices: Sequence[int]) -> BlockRoute:
            names = [SubNetwork(layer, i).name(width) for i in indices]
            return BlockRoute(tuple(names))

        blocks, sources = {}, {}
        for layer, places in enumerate(layers):
            for (before, source), index in places.items():
                name = SubNetwork(layer, index).name(width)
                sources[name] = source
                if layer:
                    blocks[name] = block(layer - 1, before)
            # Layers are equally wide; nobody reads what fills the others up.
            for index in range(len(places), width if layer else 0):
                name = SubNetwork(layer, index).name(width)
                blocks[name] = block(layer - 1, [0])
        tasks = {
            task: block(len(layers) - 1, indices)
            for task, indices in read.items()
        }
        return cls(Route(len(layers), width, {**blocks, **tasks}), sources)
