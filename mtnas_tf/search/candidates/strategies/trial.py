"""A route and its score."""

import dataclasses

from mtnas_tf.routes import Route


@dataclasses.dataclass(frozen=True)
class Trial:
    """A route that was tried, and its score.

    Args:
        route: `Route`.
        score: float. Larger is better.

    Example:
    >>> space = mt.routes.RouteSpace(("click",), 1, 2)
    >>> Trial(space.full_route(), score=0.75).score
    0.75
    """

    route: Route
    score: float
