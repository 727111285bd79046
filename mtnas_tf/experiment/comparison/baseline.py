"""Trains baselines from many starts side by side."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import building
from mtnas_tf.experiment.comparison.closest_width import closest_width
from mtnas_tf.experiment.comparison.row import side_by_side
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import train_jobs


class Baseline:
    """A method of the zoo, run as a route, in many starts side by side.

    A single-task model is a network for each task.

    Args:
        name: string. A method that `is_route`.
        config: `ExperimentConfig`.
        schema: `DatasetSchema`.
        dense_parameters: int. The width is chosen so that the dense parameters
            come closest to this number; 0 for the config's width. Defaults to
            `0`.
        multiply_adds: int. The width is chosen so that the cost comes closest
            to this number, in place of `dense_parameters`. Defaults to `0`,
            unused.
    """

    trained = "side by side"

    def __init__(
        self,
        name: str,
        config: ExperimentConfig,
        schema: DatasetSchema,
        dense_parameters: int = 0,
        multiply_adds: int = 0,
    ) -> None:
        self.name = name
        self.schemas = [schema]
        if name == "single_task":
            self.schemas = [
                schema.with_tasks([task.name]) for task in schema.tasks
            ]
        method = "shared_bottom" if name == "single_task" else name
        self.routes: list[Route] = [
            _body_of(method, config, part).route for part in self.schemas
        ]
        # The smallest spaces that hold the routes.
        self.spaces = [
            RouteSpace(
                route.tasks,
                route.num_layers,
                route.num_subnetworks,
                query_scope="root",
            )
            for route in self.routes
        ]
        # The zoo's experts have gates, even if the searched networks have none.
        self.config = with_section(config, "model", aggregation="gate")
        self.units = config.model.units
        if multiply_adds:
            self.units = closest_width(
                lambda units: self.sizes(units)["multiply_adds"], multiply_adds
            )
        elif dense_parameters:
            self.units = closest_width(
                lambda units: self.sizes(units)["num_parameters"]["dense"],
                dense_parameters,
            )
        self.trainers = _trainers(config, self.schemas, self.spaces, self.units)

    def train(
        self, data: MultiTaskData, pairs: Sequence[int], starts: Sequence[int]
    ) -> list[Outcome]:
        """Trains the method once for each pair and start."""
        parts = []
        for schema, route, trainer in zip(
            self.schemas, self.routes, self.trainers, strict=True
        ):
            part = data.with_tasks(schema.task_names)
            parts.append(_train_part(trainer, part, route, pairs, starts))
        if len(parts) == 1:
            return parts[0]
        return [side_by_side(each) for each in zip(*parts, strict=True)]

    def valid_losses(
        self, data: MultiTaskData, starts: Sequence[int]
    ) -> list[float]:
        """Validation loss from each start; the test split is not read."""
        losses = np.zeros(len(starts))
        for schema, route, trainer in zip(
            self.schemas, self.routes, self.trainers, strict=True
        ):
            part = data.with_tasks(schema.task_names)
            part, route = _as_trained(trainer, part, route)
            chunks = trainer.train(part, [route] * len(starts), starts)
            losses += [
                mtl_loss(part.schema.tasks, candidate.valid)
                for chunk in chunks
                for candidate in chunk
            ]
        return losses.tolist()

    def sizes(self, units: int | None = None) -> dict[str, Any]:
        """`num_parameters` and `multiply_adds`, all networks together."""
        each = [
            network_sizes(route, self.config, schema, units or self.units)
            for schema, route in zip(self.schemas, self.routes, strict=True)
        ]
        kinds = each[0]["num_parameters"]
        return {
            "num_parameters": {
                kind: sum(sizes["num_parameters"][kind] for sizes in each)
                for kind in kinds
            },
            "multiply_adds": sum(sizes["multiply_adds"] for sizes in each),
        }


def _trainers(
    config: ExperimentConfig,
    schemas: Sequence[DatasetSchema],
    spaces: Sequence[RouteSpace],
    units: int,
) -> list[CandidateTrainer]:
    """A trainer for each schema; those of tasks alike but in name share one.

    Losses of such tasks weigh the same, too. Their networks are one graph,
    which is compiled once.
    """
    trainers: dict[Any, CandidateTrainer] = {}
    found = []
    for schema, space in zip(schemas, spaces, strict=True):
        alike: Any = schema.tasks
        if len(schemas) > 1:
            weights = building.loss_weights(config, schema) or {}
            nameless = schema.with_task_named("any").tasks
            alike = nameless, *weights.values()
        if alike not in trainers:
            trainers[alike] = new_trainer(config, schema, space, units)
        found.append(trainers[alike])
    return found


def is_route(
    name: str, config: ExperimentConfig, schema: DatasetSchema
) -> bool:
    """Whether a method of the zoo can be trained as the route that it is.

    A body that learns its route while it trains has one as well, but that is
    not the method.

    Args:
        name: key of `mtnas_tf.models.MODELS`.
        config: `ExperimentConfig`.
        schema: `DatasetSchema`.
    """
    if name == "single_task":
        return True
    body = _body_of(name, config, schema)
    is_fixed = not getattr(body, "learns_route", False)
    return is_fixed and getattr(body, "route", None) is not None


def _train_part(
    trainer: CandidateTrainer,
    data: MultiTaskData,
    route: Route,
    pairs: Sequence[int],
    starts: Sequence[int],
) -> list[Outcome]:
    """Outcomes on data whose task may have another name in the trainer."""
    part, route = _as_trained(trainer, data, route)
    jobs = [
        Job(pair, route, start)
        for pair, start in zip(pairs, starts, strict=True)
    ]
    outcomes = train_jobs(trainer, part, jobs, reads_sharing=True)
    if part is data:
        return outcomes
    names = data.schema.task_names
    return [
        dataclasses.replace(
            outcome,
            valid=dict(zip(names, outcome.valid.values(), strict=True)),
            test=dict(zip(names, outcome.test.values(), strict=True)),
            # Empty without domains.
            test_domains=dict(
                zip(names, outcome.test_domains.values(), strict=False)
            ),
        )
        for outcome in outcomes
    ]


def _as_trained(
    trainer: CandidateTrainer, data: MultiTaskData, route: Route
) -> tuple[MultiTaskData, Route]:
    """Data and route, with the trainer's name for a task called otherwise."""
    names = trainer.population.schema.task_names
    if names == data.schema.task_names:
        return data, route
    (name,), (other,) = data.schema.task_names, names
    blocks = {
        other if consumer == name else consumer: block
        for consumer, block in route.blocks.items()
    }
    route = dataclasses.replace(route, blocks=blocks)
    return data.with_task_named(other), route


def _body_of(name: str, config: ExperimentConfig, schema: DatasetSchema) -> Any:
    """A method's sharing body in a config's sizes, on a small table."""
    return building.build_model(name, config, schema.with_smallest_table).body
