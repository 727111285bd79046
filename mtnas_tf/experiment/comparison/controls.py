"""Routes of a comparison that nobody searched: hand-made and random ones.

Random routes are as many as a search trains; the best hand-made route is
trained again as a searched one is.
"""

from collections.abc import Sequence

import numpy as np

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison.comparison import Comparison
from mtnas_tf.experiment.comparison.comparison import by_pair
from mtnas_tf.experiment.comparison.comparison import variants_of
from mtnas_tf.experiment.comparison.methods import MEAN
from mtnas_tf.experiment.comparison.methods import RANDOM
from mtnas_tf.experiment.comparison.methods import RANDOM_SUPERNET
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.effort import rounds
from mtnas_tf.experiment.effort import trainings_of_search
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.outcome import mean_of
from mtnas_tf.search.candidates.starts import fresh_starts
from mtnas_tf.search.supernet.estimators import ESTIMATORS

SUPERNET_SCOPE = "prev"  # the value scope of a supernet


def train_other_routes(comparison: Comparison) -> None:
    """Trains hand-made and random routes, for every pair."""
    for split in comparison.data:
        train_hand_made(comparison, split)
        train_random(comparison, split)
        train_random_of_supernet(comparison, split)
    name = Methods(comparison.made.rows).best_hand_made
    if name is not None:
        for split in comparison.data:
            retrain_hand_made(comparison, split, name)


def effort_of_other_routes(
    config: ExperimentConfig, tasks: tuple[str, ...], num_seeds: int
) -> int:
    """Effort on a split."""
    hand_made = route_space(config, tasks).hand_made_routes()
    retrained = config.search.candidates.num_retrainings
    networks = [len(hand_made), trainings_of_search(config)]
    if supernet_space(config, tasks) is not None:
        networks.append(retrained)
    of_split = sum(rounds(num_seeds * count, config) for count in networks)
    return of_split + num_seeds * rounds(retrained, config)


def is_one_space(config: ExperimentConfig) -> bool:
    """Whether candidates and supernet have the same space."""
    candidates = config.search.candidates
    has_scope = candidates.value_scope == SUPERNET_SCOPE
    is_scope_one = has_scope or config.model.num_layers == 1
    has_kinds = candidates.num_tables > 1 or candidates.has_linear
    return is_scope_one and not has_kinds


def train_hand_made(comparison: Comparison, split: int) -> None:
    """Trains each hand-made route once for every pair.

    Args:
        comparison: `Comparison`.
        split: int.
    """
    routes = comparison.space.hand_made_routes()
    jobs = {
        (name, seed): Job(seed, route, seed)
        for name, route in routes.items()
        for seed in comparison.made.open_seeds(split, name, None)
    }
    trained = comparison.train(split, list(jobs.values()))
    for (name, _), outcome in zip(jobs, trained, strict=True):
        comparison.add(name, None, outcome, split)


def retrain_hand_made(comparison: Comparison, split: int, name: str) -> None:
    """Trains a hand-made route again, as a searched route is.

    Args:
        comparison: `Comparison`.
        split: int.
        name: of the route.
    """
    route = comparison.space.hand_made_routes()[name]
    for seed in comparison.made.open_seeds(split, name, MEAN):
        comparison.retrain(name, MEAN, split, seed, route)


def train_random(comparison: Comparison, split: int) -> None:
    """Trains, in every pair, as many random routes as a search trains.

    Args:
        comparison: `Comparison`.
        split: int.
    """
    count = comparison.num_trainings
    variants = variants_of(None, count)
    seeds = comparison.made.open_seeds(split, RANDOM, *variants)
    space = comparison.space
    jobs = _random_jobs(space, seeds, split, count)
    for outcomes in by_pair(comparison.train(split, jobs)):
        comparison.add_trainings(RANDOM, None, outcomes, split)


def train_random_of_supernet(comparison: Comparison, split: int) -> None:
    """As many as a route is retrained, of the space of a supernet.

    None if random routes are of that space already.

    Args:
        comparison: `Comparison`.
        split: int.
    """
    tasks = comparison.schema.task_names
    space = supernet_space(comparison.config, tasks)
    if space is None:
        return
    seeds = comparison.made.open_seeds(split, RANDOM_SUPERNET, MEAN)
    jobs = _random_jobs(space, seeds, split, comparison.num_retrainings)
    for outcomes in by_pair(comparison.train(split, jobs)):
        comparison.add(RANDOM_SUPERNET, MEAN, mean_of(outcomes), split)


def supernet_space(
    config: ExperimentConfig, tasks: tuple[str, ...]
) -> RouteSpace | None:
    """The space of a supernet's routes, if it is searched and another.

    Args:
        config: `ExperimentConfig`.
        tasks: names.
    """
    is_searched = set(config.search.compared) & set(ESTIMATORS)
    if is_one_space(config) or not is_searched:
        return None
    config = with_section(
        config,
        "search.candidates",
        value_scope=SUPERNET_SCOPE,
        num_tables=1,
        has_linear=False,
    )
    return route_space(config, tasks)


def _random_jobs(
    space: RouteSpace, seeds: Sequence[int], split: int, count: int
) -> list[Job]:
    """Networks of as many random routes for each pair of a split."""
    jobs = []
    for seed in seeds:
        rng = np.random.default_rng([seed, split])
        jobs += [
            Job(seed, space.random_route(rng), start)
            for start in fresh_starts(seed, count)
        ]
    return jobs
