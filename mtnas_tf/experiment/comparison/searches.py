"""Searches of a comparison, their routes trained again from fresh starts."""

import dataclasses
import time
import warnings
from collections.abc import Sequence

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.config.search_config import PAPER_SETTING
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison.comparison import Comparison
from mtnas_tf.experiment.comparison.comparison_rows import Row
from mtnas_tf.experiment.comparison.methods import INHERITED
from mtnas_tf.experiment.comparison.methods import PICKED
from mtnas_tf.experiment.comparison.methods import RETRAINED
from mtnas_tf.experiment.comparison.methods import SEARCHED
from mtnas_tf.experiment.comparison.recipes import paper_setting
from mtnas_tf.experiment.effort import OF_SUPERNET
from mtnas_tf.experiment.effort import rounds
from mtnas_tf.experiment.effort import search_effort
from mtnas_tf.experiment.pace import compile_trainer
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.experiment.route_search import search_candidates
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.metrics_on_test import metrics_on_test
from mtnas_tf.search.candidates.outcome import Outcome


def search_routes(comparison: Comparison) -> None:
    """Makes every search of the config, for every pair."""
    for split in comparison.data:
        for name in comparison.config.search.compared:
            search_on_split(comparison, name, split)


def search_on_split(comparison: Comparison, name: str, split: int) -> None:
    """Makes a search, for every pair of a split.

    Args:
        comparison: `Comparison`.
        name: one of `search.compared`.
        split: int.
    """
    if name == CANDIDATES:
        _among_candidates(comparison, split)
    elif name == PAPER_SETTING:
        _as_the_paper(comparison, split)
    else:
        _in_supernet(comparison, name, split)


def variants_of_search(config: ExperimentConfig, name: str) -> list[str]:
    """The variants that a search gives.

    Args:
        config: `ExperimentConfig`.
        name: one of `search.compared`.
    """
    if name == CANDIDATES:
        weights = config.search.candidates.cost_weights
        return [v for weight in weights for v in _variants_at_cost(weight)]
    if name == PAPER_SETTING:
        return [f"{name} {INHERITED}"]
    return [f"{name} {INHERITED}", f"{name} {RETRAINED}"]


def searches_in_order(
    config: ExperimentConfig, rows: Sequence[Row]
) -> list[Row]:
    """Rows in which those of searches come first, in the order of one process.

    Others keep theirs. The first search has a meaning of its own, and workers
    may have ended with another one first.

    Args:
        config: `ExperimentConfig`.
        rows: of its comparison.
    """
    places = {
        variant: (number, index)
        for number, name in enumerate(config.search.compared)
        for index, variant in enumerate(variants_of_search(config, name))
    }

    def place(row: Row) -> tuple[int, ...]:
        if row["model"] != SEARCHED:
            return (1,)
        number, index = places[row["variant"]]
        return (0, row["split_seed"], number, row["seed"], index)

    return sorted(rows, key=place)


def effort_of_searches(config: ExperimentConfig) -> float:
    """Effort of a pair's searches and retrainings."""
    settings, compared = config.search.candidates, config.search.compared
    retraining = rounds(settings.num_retrainings, config)
    effort = {
        CANDIDATES: len(settings.cost_weights)
        * (search_effort(config) + retraining),
        PAPER_SETTING: OF_SUPERNET,
    }
    in_supernet = OF_SUPERNET + retraining
    return sum(effort.get(name, in_supernet) for name in compared)


def _among_candidates(comparison: Comparison, split: int) -> None:
    """Searches by training candidates, for every pair and cost weight."""
    made, compilation = comparison.made, None
    for seed in made.seeds[split]:
        config = dataclasses.replace(comparison.config, seed=seed)
        for weight in config.search.candidates.cost_weights:
            variants = _variants_at_cost(weight)
            if seed not in made.open_seeds(split, SEARCHED, *variants):
                comparison.num_trainings = made.trainings_of(variants[0])
                continue
            data, trainer = comparison.data[split], comparison.trainer_on(split)
            compilation = compilation or compile_trainer(trainer, data)
            outcome, route = _picked(trainer, config, data, weight)
            seconds = outcome.seconds + compilation
            outcome = dataclasses.replace(outcome, seconds=seconds)
            comparison.num_trainings = outcome.num_trainings
            comparison.add(SEARCHED, variants[0], outcome, split)
            comparison.retrain(SEARCHED, variants[1], split, seed, route)


def _variants_at_cost(weight: float) -> tuple[str, str]:
    prefix = f"cost {weight:g} " if weight else ""
    return f"{prefix}{PICKED}", f"{prefix}{RETRAINED}"


def _picked(
    trainer: CandidateTrainer,
    config: ExperimentConfig,
    data: MultiTaskData,
    weight: float,
) -> tuple[Outcome, Route]:
    """The best network of a search, and the route of the best mean score."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        # Said before anything is trained, see `notes_of`.
        warnings.filterwarnings("ignore", message=".* proposes by scores")
        found = search_candidates(config, data, trainer, weight)
    seconds = time.perf_counter() - start
    network = found.network
    outcome = Outcome(
        config.seed,
        network.route,
        found.epochs,
        seconds,
        found.best.valid,
        **metrics_on_test(network, data),
        num_trainings=len(found.candidates),
    )
    return outcome, found.route


def _in_supernet(comparison: Comparison, estimator: str, split: int) -> None:
    """Searches in a supernet, for every pair."""
    variants = variants_of_search(comparison.config, estimator)
    tuned = with_tuned(comparison.config, SEARCHED)
    for seed in comparison.made.open_seeds(split, SEARCHED, *variants):
        config = dataclasses.replace(tuned, seed=seed)
        config = with_section(config, "search", method=estimator)
        outcome, route = _inherited(config, comparison.data[split])
        comparison.add(SEARCHED, variants[0], outcome, split)
        comparison.retrain(SEARCHED, variants[1], split, seed, route)


def _as_the_paper(comparison: Comparison, split: int) -> None:
    """The paper's search in the paper's shape, for every pair.

    Its network is the one that the search ends with: other networks of the
    comparison have another shape, in which its route would be another's.
    """
    (variant,) = variants_of_search(comparison.config, PAPER_SETTING)
    for seed in comparison.made.open_seeds(split, SEARCHED, variant):
        config = dataclasses.replace(comparison.config, seed=seed)
        config = paper_setting(config)
        config = with_section(config, "data", split_seed=split)
        # The same rows, in the paper's batches.
        outcome, route = _inherited(config, comparison.load(config))
        schema = comparison.data[split].schema
        sizes = network_sizes(route, config, schema)
        comparison.add(SEARCHED, variant, outcome, split, sizes)


def _inherited(
    config: ExperimentConfig, data: MultiTaskData
) -> tuple[Outcome, Route]:
    """A search's network with the supernet's weights, and its route."""
    search = runner.search(config, data, verbose=0)
    inherited = runner.derive_model(
        search.model, config, data, "inherit", verbose=0
    )
    route = inherited.model.route
    outcome = Outcome(
        config.seed,
        route,
        search.epochs,
        search.seconds + inherited.seconds,
        inherited.valid,
        **metrics_on_test(inherited.model, data),
    )
    return outcome, route
