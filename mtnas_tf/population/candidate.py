"""One network that was trained by itself."""

import dataclasses

from mtnas_tf.routes import Route


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A route's network, trained from one start.

    Args:
        route: `Route`.
        seed: int. Of its fresh weights.
        epochs: int. Passes over the training rows.
        valid: metrics on the validation split after its best epoch, as
            `evaluate` returns them.

    Example:
    >>> space = mt.routes.RouteSpace(("click",), 1, 2)
    >>> candidate = Candidate(space.full_route(), 0, 2, {"click_auc": 0.75})
    >>> candidate.valid["click_auc"]
    0.75
    """

    route: Route
    seed: int
    epochs: int
    valid: dict[str, float]
