"""The estimators, by name."""

import inspect
from collections.abc import Callable
from typing import Any

from mtnas_tf.search.supernet.estimators.estimator import Estimator
from mtnas_tf.search.supernet.estimators.gumbel_softmax import GumbelSoftmax
from mtnas_tf.search.supernet.estimators.mixture import Mixture
from mtnas_tf.search.supernet.estimators.progressive_gumbel import (
    ProgressiveGumbel,
)
from mtnas_tf.search.supernet.estimators.reinforce import Reinforce
from mtnas_tf.search.supernet.estimators.two_path import TwoPath
from mtnas_tf.search.supernet.estimators.uniform import Uniform

ESTIMATORS: dict[str, Callable[..., Estimator]] = {
    "reinforce": Reinforce,
    "paper": Reinforce.paper,
    "mixture": Mixture,
    "two_path": TwoPath,
    "gumbel": GumbelSoftmax,
    "progressive": ProgressiveGumbel,
    "uniform": Uniform,
}


def get(estimator: str | Estimator, **kwargs: Any) -> Estimator:
    """The estimator of a name; an estimator is returned as it is.

    Args:
        estimator: key of `ESTIMATORS`, or `Estimator`.
        **kwargs: Passed to the estimator of the name.

    Raises:
        ValueError: for a name that does not exist, or an argument that the
            estimator does not take.

    Example:
    >>> get("reinforce", num_routes=4).num_routes
    4
    """
    if isinstance(estimator, Estimator):
        return estimator
    if estimator not in ESTIMATORS:
        raise ValueError(
            f"`estimator` must be one of {sorted(ESTIMATORS)} or an "
            f"`Estimator`. Received: estimator={estimator!r}"
        )
    make = ESTIMATORS[estimator]
    known = set(inspect.signature(make).parameters) - {"kwargs"}
    if not known >= set(kwargs):
        raise ValueError(
            f"Estimator {estimator!r} takes the arguments {sorted(known)}. "
            f"Received: {sorted(kwargs)}"
        )
    return make(**kwargs)
