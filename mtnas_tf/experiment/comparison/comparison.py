"""A comparison while it is made."""

import functools
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.comparison.comparison_rows import ComparisonRows
from mtnas_tf.experiment.comparison.kept_networks import KeptNetworks
from mtnas_tf.experiment.comparison.methods import MEAN
from mtnas_tf.experiment.comparison.methods import RESTARTED
from mtnas_tf.experiment.comparison.row import to_row
from mtnas_tf.experiment.comparison.unfit import why_unfit
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.tuned import SEARCHED
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import best_of
from mtnas_tf.search.candidates.outcome import mean_of
from mtnas_tf.search.candidates.outcome import train_jobs
from mtnas_tf.search.candidates.starts import fresh_starts


class Comparison:
    """The data of all splits, the rows made of them and what trains routes.

    Args:
        config: `ExperimentConfig`.
        num_seeds: int > 0. Pairs on every split.
        num_splits: int > 0.
        load: from a config to its data.
        made: from the seeds of every split to their rows.

    Attributes:
        data: split -> `MultiTaskData`.
        schema: that of the first split. In a table without a schema, other
            splits have their own, inferred from their training rows.
        made: `ComparisonRows`.
        num_trainings: int. Networks that a search has trained, and that its
            controls are given.
    """

    def __init__(
        self,
        config: ExperimentConfig,
        num_seeds: int,
        num_splits: int,
        load: Callable[[ExperimentConfig], MultiTaskData],
        made: Callable[[Mapping[int, Sequence[int]]], ComparisonRows],
    ) -> None:
        self.config = config
        first = config.data.split_seed
        self.data = {
            split: load(with_section(config, "data", split_seed=split))
            for split in range(first, first + num_splits)
        }
        _check_same_fields(self.data)
        self.schema: DatasetSchema = next(iter(self.data.values())).schema
        self.num_seeds = num_seeds
        self.load = load
        # No two splits have a seed in common.
        starts = range(config.seed, config.seed + num_splits * num_seeds)
        seeds = {
            split: starts[index * num_seeds :][:num_seeds]
            for index, split in enumerate(self.data)
        }
        self.made = made(seeds)
        self.num_trainings = 1
        self._trainers = KeptNetworks[CandidateTrainer]()

    @functools.cached_property
    def unfit(self) -> dict[str, str]:
        """Baselines that do not fit the data, and why."""
        reasons = {
            name: why_unfit(name, self.config, self.schema)
            for name in self.config.model.baselines
        }
        return {name: why for name, why in reasons.items() if why is not None}

    @property
    def fitting(self) -> list[str]:
        """The baselines that fit the data."""
        names = self.config.model.baselines
        return [name for name in names if name not in self.unfit]

    @property
    def num_retrainings(self) -> int:
        return self.config.search.candidates.num_retrainings

    @functools.cached_property
    def space(self) -> RouteSpace:
        """The searched space."""
        return route_space(self.config, self.schema.task_names)

    def trainer_on(self, split: int) -> CandidateTrainer:
        """The trainer of routes of the searched space, for data of a split.

        It is the last one if that trains the same networks: they are compiled
        once for all splits whose schemas differ in how floats are cut alone.
        """
        schema = self.data[split].schema
        tuned = with_tuned(self.config, SEARCHED)
        trainer = self._trainers.of(
            schema, lambda: new_trainer(tuned, schema, self.space)
        )
        trainer.population.schema = schema
        return trainer

    def train(self, split: int, jobs: Sequence[Job]) -> list[Outcome]:
        """Trains routes of the searched space."""
        return train_jobs(self.trainer_on(split), self.data[split], jobs)

    def retrain(
        self,
        model: str,
        variant: str,
        split: int,
        seed: int,
        route: Route,
    ) -> None:
        """Adds the mean of a route's trainings from fresh starts."""
        starts = fresh_starts(seed, self.num_retrainings)
        jobs = [Job(seed, route, start) for start in starts]
        self.add(model, variant, mean_of(self.train(split, jobs)), split)

    def add_trainings(
        self,
        model: str,
        variant: str | None,
        outcomes: Sequence[Outcome],
        split: int,
        sizes: dict[str, Any] | None = None,
    ) -> None:
        """Adds a pair's first training, and the mean and the best of many."""
        self.add(model, variant, outcomes[0], split, sizes)
        if len(outcomes) > 1:
            self.add(model, MEAN, mean_of(outcomes), split, sizes)
            best = best_of(self.data[split].schema.tasks, outcomes)
            self.add(model, RESTARTED, best, split, sizes)

    def add(
        self,
        model: str,
        variant: str | None,
        outcome: Outcome,
        split: int,
        sizes: dict[str, Any] | None = None,
    ) -> None:
        """Adds a row; without sizes they are those of its route's network."""
        data = self.data[split]
        if sizes is None:
            sizes = {"num_parameters": None, "multiply_adds": None}
            if outcome.route is not None:
                sizes = network_sizes(outcome.route, self.config, data.schema)
        self.made.add(to_row(model, variant, outcome, data, split, sizes))


def variants_of(first: str | None, count: int) -> list[str | None]:
    """The variants of a pair's trainings, see `Comparison.add_trainings`."""
    return [first] if count == 1 else [first, MEAN, RESTARTED]


def by_pair(outcomes: Sequence[Outcome]) -> Iterable[list[Outcome]]:
    """The outcomes of each pair, in the order of the pairs."""
    groups: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.pair, []).append(outcome)
    return groups.values()


def _check_same_fields(data: Mapping[int, MultiTaskData]) -> None:
    """Refuses splits whose networks would read other columns of a table."""
    inputs = [
        {(field.name, field.kind) for field in each.schema.fields}
        for each in data.values()
    ]
    differing = {
        field for fields in inputs for each in inputs for field in fields - each
    }
    if differing:
        raise ValueError(
            "A table that is compared on several splits must have the same "
            "fields in all of them: give it a `schema`, as `mtnas data infer` "
            f"writes it. Received: {sorted(differing)} in some of them"
        )
