"""A network that was trained by itself."""

import dataclasses

from mtnas_tf.routes import Route
from mtnas_tf.types import TaskMetrics


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A route's network, trained from one start.

    Args:
        route: `Route`.
        seed: int. Of its fresh weights.
        epochs: int. Passes over the training rows.
        valid: dict task name -> metric -> value, on the validation split after
            its best epoch.

    Example:
    >>> space = mt.routes.RouteSpace(("click",), 1, 2)
    >>> valid = {"click": {"auc": 0.75, "log_loss": 0.5}}
    >>> mt.population.Candidate(space.full_route(), 0, 2, valid).valid["click"]
    {'auc': 0.75, 'log_loss': 0.5}
    """

    route: Route
    seed: int
    epochs: int
    valid: TaskMetrics
