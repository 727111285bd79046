"""One route that was tried."""

import dataclasses

from mtnas_tf.routes import Route


@dataclasses.dataclass(frozen=True)
class Trial:
    """A route and how good it was found to be.

    Args:
        route: `Route`.
        score: float. Larger is better.
    """

    route: Route
    score: float
