"""Trains baselines from many starts side by side."""

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
        self.trainers = [
            new_trainer(config, part, space, self.units)
            for part, space in zip(self.schemas, self.spaces, strict=True)
        ]

    def train(
        self, data: MultiTaskData, pairs: Sequence[int], starts: Sequence[int]
    ) -> list[Outcome]:
        """Trains the method once for each pair and start."""
        parts = []
        for schema, route, trainer in zip(
            self.schemas, self.routes, self.trainers, strict=True
        ):
            jobs = [
                Job(pair, route, start)
                for pair, start in zip(pairs, starts, strict=True)
            ]
            parts.append(
                train_jobs(
                    trainer,
                    data.with_tasks(schema.task_names),
                    jobs,
                    reads_sharing=True,
                )
            )
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
            routes = [route] * len(starts)
            chunks = trainer.train(
                data.with_tasks(schema.task_names), routes, starts
            )
            losses += [
                mtl_loss(schema.tasks, candidate.valid)
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


def _body_of(name: str, config: ExperimentConfig, schema: DatasetSchema) -> Any:
    """A method's sharing body in a config's sizes, on a small table."""
    return building.build_model(name, config, schema.with_smallest_table).body
