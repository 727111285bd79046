"""Hand-made sharing methods, many starts side by side."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison.row import side_by_side
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import train_jobs

MAX_UNITS = 4096
BASELINES = ("single_task", "shared_bottom", "mmoe", "ml_mmoe", "ple")


class Baseline:
    """A method of the zoo as the route that it is.

    A single-task model is a network for each task.

    Args:
        name: string, one of `BASELINES`.
        config: `ExperimentConfig`.
        schema: `DatasetSchema`.
        dense_parameters: int. The width is the one that comes closest to as
            many; 0 for the config's width. Defaults to `0`.
        multiply_adds: int. The width is the one whose cost comes closest, in
            place of `dense_parameters`. Defaults to `0`, no such wish.
    """

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
        self.spaces = [
            _space(name, config, part.task_names) for part in self.schemas
        ]
        # The zoo's experts are gated, whatever the searched networks have.
        self.config = with_section(config, "model", aggregation="gate")
        self.units = config.model.units
        if multiply_adds:
            self.units = _closest(
                lambda units: self.sizes(units)["multiply_adds"], multiply_adds
            )
        elif dense_parameters:
            self.units = _closest(
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
        for schema, space, trainer in zip(
            self.schemas, self.spaces, self.trainers, strict=True
        ):
            route = self._route_in(space)
            jobs = [
                Job(pair, route, start)
                for pair, start in zip(pairs, starts, strict=True)
            ]
            parts.append(
                train_jobs(trainer, data.with_tasks(schema.task_names), jobs)
            )
        if len(parts) == 1:
            return parts[0]
        return [side_by_side(each) for each in zip(*parts, strict=True)]

    def valid_losses(
        self, data: MultiTaskData, starts: Sequence[int]
    ) -> list[float]:
        """Validation loss from each start; the test split is not read."""
        losses = np.zeros(len(starts))
        for schema, space, trainer in zip(
            self.schemas, self.spaces, self.trainers, strict=True
        ):
            routes = [self._route_in(space)] * len(starts)
            chunks = trainer.train(
                data.with_tasks(schema.task_names), routes, starts
            )
            losses += [c.valid["loss"] for chunk in chunks for c in chunk]
        return losses.tolist()

    def sizes(self, units: int | None = None) -> dict[str, Any]:
        """`num_parameters` and `multiply_adds`, all networks together."""
        each = [
            network_sizes(
                self._route_in(space),
                self.config,
                schema,
                units or self.units,
            )
            for schema, space in zip(self.schemas, self.spaces, strict=True)
        ]
        kinds = each[0]["num_parameters"]
        return {
            "num_parameters": {
                kind: sum(sizes["num_parameters"][kind] for sizes in each)
                for kind in kinds
            },
            "multiply_adds": sum(sizes["multiply_adds"] for sizes in each),
        }

    def _route_in(self, space: RouteSpace) -> Route:
        made = space.hand_made
        return made.ple() if self.name == "ple" else made.full()


def _closest(size: Callable[[int], int], target: int) -> int:
    """The width whose size, which grows with it, comes closest to `target`."""
    low, high = 1, MAX_UNITS
    while low < high:  # the smallest width with at least `target`
        middle = (low + high) // 2
        if size(middle) < target:
            low = middle + 1
        else:
            high = middle
    return min((low, max(low - 1, 1)), key=lambda u: abs(size(u) - target))


def _space(
    name: str, config: ExperimentConfig, tasks: tuple[str, ...]
) -> RouteSpace:
    """The smallest space that holds the method."""
    model = config.model
    num_subnetworks = {
        "mmoe": model.num_subnetworks,
        "ml_mmoe": model.num_subnetworks,
        "ple": runner.num_ple_experts(config, len(tasks)),
    }
    return RouteSpace(
        tasks,
        1 if name == "mmoe" else model.num_layers,
        num_subnetworks.get(name, 1),
        query_scope="root",
    )
