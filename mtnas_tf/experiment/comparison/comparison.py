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
        schema: that of the first split, of which the networks are.
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
        _check_same_shapes(self.data)
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
    def trainer(self) -> CandidateTrainer:
        """The trainer of routes of the searched space."""
        space = route_space(self.config, self.schema.task_names)
        tuned = with_tuned(self.config, SEARCHED)
        return new_trainer(tuned, self.schema, space)

    def train(self, split: int, jobs: Sequence[Job]) -> list[Outcome]:
        """Trains routes of the searched space."""
        return train_jobs(self.trainer, self.data[split], jobs)

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
            best = best_of(self.schema.tasks, outcomes)
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
        if sizes is None:
            sizes = {"num_parameters": None, "multiply_adds": None}
            if outcome.route is not None:
                sizes = network_sizes(outcome.route, self.config, self.schema)
        data = self.data[split]
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


def _check_same_shapes(data: Mapping[int, MultiTaskData]) -> None:
    """Refuses splits of different inputs: one graph trains all of them."""
    shapes = {
        (each.schema.num_buckets, *each.schema.input_widths.items())
        for each in data.values()
    }
    if len(shapes) > 1:
        raise ValueError(
            "A table that is compared on several splits must have the same "
            "inputs in all of them: give it a `schema`, as `mtnas data infer` "
            f"writes it. Received: inferred inputs {sorted(shapes)}"
        )
