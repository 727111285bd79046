"""Cheap trainings of tasks alone and together, side by side."""

import time
from collections.abc import Sequence

import numpy as np

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.advice.groupings import Group
from mtnas_tf.experiment.advice.groupings import Grouping
from mtnas_tf.experiment.advice.groupings import groupings
from mtnas_tf.experiment.advice.groupings import name_of
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.validation_score import validation_score

ALONE = "alone"  # a network of its own for each task, and embeddings too
MOST_PLACES = 12


class Trainings:
    """Trains networks of groups of tasks, each group's as wide as the config's.

    The graphs are compiled once, for all data of the schema.

    Args:
        config: `ExperimentConfig`.
        schema: `DatasetSchema` of at least two tasks.
        num_starts: int > 0. Trainings of each network on each deal.

    Attributes:
        groupings: see `groupings`.
        seconds: of one training among the groupings, without compilation; NaN
            before the second deal.
        count: trainings so far.
    """

    def __init__(
        self, config: ExperimentConfig, schema: DatasetSchema, num_starts: int
    ) -> None:
        self.config = config
        self.schema = schema
        self.num_starts = num_starts
        self.groupings = groupings(schema.task_names)
        self.seconds = float("nan")
        self.count = 0
        self._together = self._trainer(schema.task_names, len(self.groupings))
        self._alone = {
            task: self._trainer((task,), 1) for task in schema.task_names
        }

    @property
    def per_deal(self) -> int:
        """Trainings of networks on each deal."""
        networks = len(self.groupings) + len(self._alone)
        return networks * self.num_starts

    @property
    def effort(self) -> int:
        """Trainings of whole populations on each deal."""
        together = len(self.groupings) * self.num_starts
        count = -(-together // self._together.population.num_candidates)
        return count + sum(
            -(-self.num_starts // trainer.population.num_candidates)
            for trainer in self._alone.values()
        )

    def scores(self, data: MultiTaskData, deal: int) -> dict[str, np.ndarray]:
        """Validation scores of each network: `(tasks,)`, the mean of starts.

        Args:
            data: a deal of the schema's data.
            deal: its number, from which starts are counted.
        """
        starts = [
            self.config.seed + deal * self.num_starts + index
            for index in range(self.num_starts)
        ]
        alone = [
            self._trained(trainer, [((task,),)], data, starts)[0]
            for task, trainer in self._alone.items()
        ]
        begin = time.perf_counter()
        together = self._trained(self._together, self.groupings, data, starts)
        if deal:  # the first one compiles
            seconds = time.perf_counter() - begin
            self.seconds = seconds / (len(self.groupings) * len(starts))
        names = map(name_of, self.groupings)
        return {
            ALONE: np.concatenate(alone),
            **dict(zip(names, together, strict=True)),
        }

    def _trainer(self, tasks: Group, num_networks: int) -> CandidateTrainer:
        space = RouteSpace(
            tasks,
            self.config.model.num_layers,
            len(tasks),
            query_scope="root",
        )
        places = min(num_networks * self.num_starts, MOST_PLACES)
        config = with_section(
            self.config, "search.candidates", num_places=places
        )
        return new_trainer(config, self.schema.with_tasks(tasks), space)

    def _trained(
        self,
        trainer: CandidateTrainer,
        chosen: Sequence[Grouping],
        data: MultiTaskData,
        starts: Sequence[int],
    ) -> np.ndarray:
        """Scores `(groupings, tasks)`."""
        population = trainer.population
        tasks = population.schema.tasks
        routes = [
            population.space.hand_made.grouped(grouping)
            for grouping in chosen
            for _ in starts
        ]
        chunks = trainer.train(
            data.with_tasks(population.schema.task_names),
            routes,
            [*starts] * len(chosen),
        )
        found = [
            [validation_score([task], candidate.valid) for task in tasks]
            for chunk in chunks
            for candidate in chunk
        ]
        self.count += len(found)
        shape = len(chosen), len(starts), len(tasks)
        means: np.ndarray = np.reshape(found, shape).mean(axis=1)
        return means
