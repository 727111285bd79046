"""The quickstart's route and its rivals, restarted as often as it searched."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.comparison.baseline import Baseline
from mtnas_tf.experiment.comparison.baselines import num_networks
from mtnas_tf.experiment.effort import rounds
from mtnas_tf.experiment.effort import trainings_of_search
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import train_jobs
from mtnas_tf.search.candidates.starts import fresh_starts

SEARCHED = "searched route"
TITLES = {
    "mmoe": "MMoE",
    "shared_bottom": "Shared-Bottom",
    "single_task": "single-task",
}


@dataclasses.dataclass(frozen=True)
class Contender:
    """A network and its trainings from fresh starts.

    Args:
        title: string.
        route: `Route`, or `None` for a network for each task.
        sizes: `num_parameters` and `multiply_adds`, see `network_sizes`.
        outcomes: `Outcome`s, one for each start.
    """

    title: str
    route: Route | None
    sizes: dict[str, Any]
    outcomes: Sequence[Outcome]


def train_contenders(
    config: ExperimentConfig,
    data: MultiTaskData,
    trainer: CandidateTrainer,
    route: Route,
) -> list[Contender]:
    """Trains a route and the config's baselines from the same fresh starts.

    A baseline is trained as often as the search has trained networks, the route
    `num_retrainings` times. Every baseline has at least about as many dense
    parameters as the route's network, and sub-networks at least as wide.

    Args:
        config: `ExperimentConfig`.
        data: `MultiTaskData`.
        trainer: `CandidateTrainer` of the route's space.
        route: `Route` that was found.

    Returns:
        The route first.
    """
    often = trainings_of_search(config)
    again = config.search.candidates.num_retrainings
    starts = fresh_starts(config.seed, max(often, again))
    sizes = network_sizes(route, config, data.schema)
    jobs = [Job(config.seed, route, start) for start in starts[:again]]
    trained = train_jobs(trainer, data, jobs)
    contenders = [Contender(SEARCHED, route, sizes, trained)]
    for name in config.model.baselines:
        dense = sizes["num_parameters"]["dense"]
        baseline = _no_smaller(name, config, data.schema, dense)
        if _is_full_route(baseline, trainer.population):
            baseline.trainers = [trainer]  # it is compiled already
        trained = baseline.train(data, [config.seed] * often, starts[:often])
        shared = None if name == "single_task" else baseline.routes[0]
        contenders.append(
            Contender(TITLES[name], shared, baseline.sizes(), trained)
        )
    return contenders


def effort_of_contenders(config: ExperimentConfig, num_tasks: int) -> int:
    """The work of `train_contenders`, in trainings of a whole population."""
    often = rounds(trainings_of_search(config), config)
    again = rounds(config.search.candidates.num_retrainings, config)
    return again + num_networks(config, num_tasks) * often


def _is_full_route(baseline: Baseline, population: RoutePopulation) -> bool:
    """Whether a baseline's networks are among those of a population."""
    return baseline.units == population.body.units and baseline.routes == [
        population.space.full_route()
    ]


def _no_smaller(
    name: str,
    config: ExperimentConfig,
    schema: DatasetSchema,
    dense_parameters: int,
) -> Baseline:
    """A baseline of about as many parameters, or as wide as the search's.

    At equal parameters an MMoE of small experts is nearly all gates.
    """
    baseline = Baseline(name, config, schema, dense_parameters)
    if baseline.units < config.model.units:
        return Baseline(name, config, schema)
    return baseline
