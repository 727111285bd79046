"""A network to train."""

import dataclasses

from mtnas_tf.routes import Route


@dataclasses.dataclass(frozen=True)
class Job:
    """A network to train for a pair.

    Args:
        pair: int. The seed under which methods are compared.
        route: `Route`.
        start: int. Seed of the network's fresh weights.
    """

    pair: int
    route: Route
    start: int
