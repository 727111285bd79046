"""Routes judged by the shared weights of a supernet."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import MultiTaskData
from mtnas_tf.derive import derive_route
from mtnas_tf.experiment import runner
from mtnas_tf.routes import Route
from mtnas_tf.search import one_shot_search
from mtnas_tf.search.candidates.strategies import RandomSearch

Array = Any  # of NumPy
ONE_SHOT = "uniform"  # the estimator that learns no route


def found_route(config: ExperimentConfig, data: MultiTaskData) -> Route:
    """The route that the config's search in a supernet ends with.

    After a search with the estimator `"uniform"` as many routes as the space
    has, but no more than 64, are scored by the supernet's weights.
    """
    search = runner.search(config, data, verbose=0).model
    if config.search.method == ONE_SHOT:
        space = search.supernet.space
        one_shot_search(
            search,
            RandomSearch(space),
            data.valid,
            num_candidates=min(space.size, 64),
            seed=config.seed,
        )
    return derive_route(search)


def supernet_scores(
    config: ExperimentConfig, data: MultiTaskData, routes: Sequence[Route]
) -> Array:
    """Scores of routes by a supernet that the config's search trained.

    Args:
        config: `ExperimentConfig`.
        data: `MultiTaskData`.
        routes: distinct `Route`s of the supernet's space.

    Returns:
        `(routes,)`: mean rewards over the validation rows.
    """
    search = runner.search(config, data, verbose=0).model
    trials = one_shot_search(
        search,
        RandomSearch(search.supernet.space, first=routes),
        data.valid,
        num_candidates=len(routes),
    )
    return np.array([trial.score for trial in trials])
