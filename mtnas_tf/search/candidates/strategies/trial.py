"""A route and its score."""

import dataclasses

from mtnas_tf.routes import Route


@dataclasses.dataclass(frozen=True)
class Trial:
    """A route that was tried, and its score.

    Args:
        route: `Route`.
        score: float. Larger is better.
    """

    route: Route
    score: float
