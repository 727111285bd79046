"""Every method of a config on the same data, over splits and seeds.

A pair is a split and a seed. Within a pair all methods share rows, their order
and the start of the embedding tables. Whatever is searched for is compared with
controls that were given as many trainings: the best of as many random routes,
the best of as many starts of every baseline. Two more tell what a route is
worth by itself: the best route that people draw, and a narrow MMoE that costs
as much.
"""

import dataclasses
import functools
import json
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.config.search_config import PAPER_SETTING
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison.baseline import Baseline
from mtnas_tf.experiment.comparison.claims import claims
from mtnas_tf.experiment.comparison.comparison_rows import ComparisonRows
from mtnas_tf.experiment.comparison.comparison_rows import Report
from mtnas_tf.experiment.comparison.comparison_rows import Row
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.methods import EQUAL_COST
from mtnas_tf.experiment.comparison.methods import MEAN
from mtnas_tf.experiment.comparison.methods import RANDOM
from mtnas_tf.experiment.comparison.methods import RANDOM_SUPERNET
from mtnas_tf.experiment.comparison.methods import RESTARTED
from mtnas_tf.experiment.comparison.methods import RETRAINED
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import kind_of
from mtnas_tf.experiment.comparison.methods import search_of
from mtnas_tf.experiment.comparison.new_baseline import new_baseline
from mtnas_tf.experiment.comparison.recipes import paper_setting
from mtnas_tf.experiment.comparison.recipes import with_recipe
from mtnas_tf.experiment.comparison.row import to_row
from mtnas_tf.experiment.comparison.summary import summarize
from mtnas_tf.experiment.route_search import blind_note
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.route_search import search_candidates
from mtnas_tf.experiment.tuned import RANGES
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
from mtnas_tf.search.supernet.estimators import ESTIMATORS
from mtnas_tf.tasks import TASK_KINDS

# Values of a config that are places on one machine.
PLACES = (
    ("data", "data_dir"),
    ("table", "path"),
    ("table", "schema"),
    ("optim", "tuned"),
)
SUPERNET_SCOPE = "prev"  # what blocks of a supernet read


def compare(
    config: ExperimentConfig,
    num_seeds: int,
    num_splits: int = 1,
    load: Callable[[ExperimentConfig], MultiTaskData] = runner.load_data,
    report: Report = print,
    keep: Callable[[Row], None] | None = None,
    known: Sequence[Row] = (),
) -> dict[str, Any]:
    """Trains every method for every pair of a split and a seed.

    Baselines get the width at which they have as many dense parameters as the
    searched routes' networks, unless `model.match_parameters` is off.

    Args:
        config: `ExperimentConfig`.
        num_seeds: int > 0. Pairs on every split, of seeds `config.seed`, ...
            that no two splits have in common.
        num_splits: int > 0. Splits `config.data.split_seed`, ... Defaults to
            `1`.
        load: from a config to its data. Defaults to `runner.load_data`.
        report: called with a line of text after every row.
        keep: called with every row as it comes. Defaults to `None`.
        known: rows of the same comparison that was not finished: what they say
            is not trained again. Defaults to `()`.

    Returns:
        dict for `compare.json`: `dataset`, `protocol`, `rows`, `summary`,
        `claims`.
    """
    for name, value in (("num_seeds", num_seeds), ("num_splits", num_splits)):
        if value < 1:
            raise ValueError(
                f"`{name}` must be positive. Received: {name}={value}"
            )
    _check_names(config)
    comparison = _Comparison(
        config, num_seeds, num_splits, load, report, keep, known
    )
    comparison.search_routes()
    made = comparison.made
    target = made.dense_target if config.model.match_parameters else 0
    # What is waited for first: the search, and what it is compared with.
    for name in sorted(config.model.baselines, key=lambda n: n != BASELINE):
        comparison.compare_baseline(name, None, target)
    for recipe in config.model.mmoe_recipes:
        comparison.compare_baseline(BASELINE, recipe, target)
    if BASELINE in config.model.baselines:
        comparison.compare_equal_cost()
    comparison.compare_other_routes()
    made.set_budgets(comparison.seconds_of_baseline())
    protocol = comparison.protocol(target)
    return {
        "dataset": config.dataset,
        "protocol": protocol,
        "rows": made.rows,
        **conclusions(made.rows, protocol),
    }


def conclusions(
    rows: Sequence[Row], protocol: dict[str, Any]
) -> dict[str, Any]:
    """What rows say: `summary` and `claims` of `compare.json`.

    Args:
        rows: of a comparison.
        protocol: of the same.
    """
    config = ExperimentConfig.from_json(json.dumps(protocol["config"]))
    is_one_space = _is_one_space(
        config.search.candidates.value_scope, config.model.num_layers
    )
    return {"summary": summarize(rows), "claims": claims(rows, is_one_space)}


class _Comparison:
    """Trains what a comparison still misses."""

    def __init__(
        self,
        config: ExperimentConfig,
        num_seeds: int,
        num_splits: int,
        load: Callable[[ExperimentConfig], MultiTaskData],
        report: Report,
        keep: Callable[[Row], None] | None,
        known: Sequence[Row],
    ) -> None:
        self.config = config
        first = config.data.split_seed
        self.data = {
            split: load(with_section(config, "data", split_seed=split))
            for split in range(first, first + num_splits)
        }
        _check_same_shapes(self.data)
        self.num_seeds = num_seeds
        self.load = load
        # No two splits have a seed in common.
        starts = range(config.seed, config.seed + num_splits * num_seeds)
        seeds = {
            split: starts[index * num_seeds :][:num_seeds]
            for index, split in enumerate(self.data)
        }
        self.made = ComparisonRows(seeds, known, report, keep)
        self.num_trainings = 1  # of a search, and so of its controls

    @property
    def schema(self) -> DatasetSchema:
        return next(iter(self.data.values())).schema

    @functools.cached_property
    def trainer(self) -> CandidateTrainer:
        """Of routes of the searched space."""
        space = route_space(self.config, self.schema.task_names)
        tuned = with_tuned(self.config, SEARCHED)
        return new_trainer(tuned, self.schema, space)

    def search_routes(self) -> None:
        """Searched routes, trained from fresh starts, too."""
        for note in self._notes():
            self.made.report(note)
        for split in self.data:
            for name in self.config.search.compared:
                if name == CANDIDATES:
                    self._search_candidates(self.trainer, split)
                elif name == PAPER_SETTING:
                    self._search_as_the_paper(split)
                else:
                    self._search_supernet(name, self.trainer, split)

    def compare_other_routes(self) -> None:
        """Routes of the same space that were not searched."""
        for split in self.data:
            self._train_hand_made_routes(self.trainer, split)
            self._train_random_routes(self.trainer, split)
            self._train_random_supernet_routes(self.trainer, split)
        self._retrain_best_hand_made_route(self.trainer)

    def compare_baseline(
        self, name: str, recipe: str | None, dense_target: int
    ) -> None:
        """A method of the zoo: one training, the mean and best of many."""
        config = with_recipe(with_tuned(self.config, name), recipe)
        baseline = new_baseline(name, config, self.schema, dense_target)
        sizes = baseline.sizes()
        count = self.num_trainings if recipe is None else 1
        variants = _variants(recipe, count)
        for split, data in self.data.items():
            seeds = self.made.open_seeds(split, name, *variants)
            pairs = [seed for seed in seeds for _ in range(count)]
            starts = [s for seed in seeds for s in fresh_starts(seed, count)]
            trained = baseline.train(data, pairs, starts)
            for outcomes in _by_pair(trained):
                self._add_trainings(name, recipe, outcomes, split, sizes)

    def compare_equal_cost(self) -> None:
        """For every search, an MMoE as wide as its routes are costly.

        None where MMoE itself costs as much; in the paper's shape for the
        paper's search.
        """
        methods = Methods(self.made.rows)
        plain = BASELINE, None
        for method in methods.searched:
            if kind_of(method) == RETRAINED and not methods.cost_as_much(
                plain, method
            ):
                self._train_equal_cost(
                    with_tuned(self.config, BASELINE),
                    search_of(method),
                    methods.cost(method),
                    search_of(method) == methods.first_search,
                )
        if PAPER_SETTING in self.config.search.compared:
            cost = methods.cost(("mtnas", f"{PAPER_SETTING} inherited"))
            config = paper_setting(self.config)
            self._train_equal_cost(config, PAPER_SETTING, cost, False)

    def seconds_of_baseline(self) -> float:
        """One training of the baseline as a user would start it."""
        data = next(iter(self.data.values()))
        config = with_tuned(self.config, BASELINE)
        model = runner.build_model(BASELINE, config, self.schema)
        return runner.train(model, config, data, verbose=0).seconds

    def protocol(self, dense_target: int) -> dict[str, Any]:
        values = dataclasses.asdict(self.config)
        for section, key in PLACES:
            del values[section][key]
        methods = (SEARCHED, *self.config.model.baselines)
        splits = next(iter(self.data.values())).splits
        return {
            "config": values,
            "num_seeds": self.num_seeds,
            "num_splits": len(self.data),
            "rows": {name: len(split) for name, split in splits.items()},
            "dense_parameters_matched_to": dense_target or None,
            "optim": {method: self._optim(method) for method in methods},
            "trainings_of_a_search": self.num_trainings,
            "rarest_labels": self._rarest_labels(),
            "notes": self._notes(),
            "selection": "epoch of least validation loss, best of several by "
            "validation score; test read once a network",
            "date": time.strftime("%Y-%m-%d"),
        }

    def _rarest_labels(self) -> dict[str, int]:
        """The rarer class of each binary task, where a test split has least."""
        return {
            task.name: min(
                _rarer_class(data.splits["test"].labels[task.name])
                for data in self.data.values()
            )
            for task in self.schema.tasks
            if TASK_KINDS[task.kind].has_positives
        }

    def _notes(self) -> list[str]:
        """What is to be known of the searches."""
        if CANDIDATES not in self.config.search.compared:
            return []
        note = blind_note(self.config, self.schema.task_names)
        return [] if note is None else [note]

    def _optim(self, method: str) -> dict[str, float]:
        """What a method trains with, tuned or not."""
        optim = with_tuned(self.config, method).optim
        return {name: getattr(optim, name) for name in RANGES}

    def _search_candidates(self, trainer: CandidateTrainer, split: int) -> None:
        """Searches by training candidates, for every pair and cost weight."""
        data = self.data[split]
        compilation = None
        for seed in self.made.seeds[split]:
            config = dataclasses.replace(self.config, seed=seed)
            for weight in config.search.candidates.cost_weights:
                prefix = f"cost {weight:g} " if weight else ""
                variants = (f"{prefix}picked", f"{prefix}retrained")
                if seed not in self.made.open_seeds(split, "mtnas", *variants):
                    self.num_trainings = self.made.trainings_of(variants[0])
                    continue
                compilation = compilation or _compile(trainer, data)
                start = time.perf_counter()
                found = search_candidates(config, data, trainer, weight)
                seconds = time.perf_counter() - start + compilation
                self.num_trainings = len(found.candidates)
                network = found.network
                outcome = Outcome(
                    seed,
                    network.route,
                    found.epochs,
                    seconds,
                    found.best.valid,
                    network.evaluate(data.test, return_dict=True),
                    self.num_trainings,
                )
                self._add("mtnas", variants[0], outcome, split)
                self._retrain(variants[1], seed, found.route, trainer, split)

    def _search_supernet(
        self, estimator: str, trainer: CandidateTrainer, split: int
    ) -> None:
        """Searches in a supernet, for every pair."""
        data = self.data[split]
        variants = (f"{estimator} inherited", f"{estimator} retrained")
        tuned = with_tuned(self.config, SEARCHED)
        for seed in self.made.open_seeds(split, "mtnas", *variants):
            config = dataclasses.replace(tuned, seed=seed)
            config = with_section(config, "search", method=estimator)
            outcome, route = _inherited(config, data)
            self._add("mtnas", variants[0], outcome, split)
            self._retrain(variants[1], seed, route, trainer, split)

    def _search_as_the_paper(self, split: int) -> None:
        """The paper's search in the paper's shape, for every pair.

        Its network is the one that the search ends with: other networks of the
        comparison have another shape, in which its route would be another's.
        """
        variant = f"{PAPER_SETTING} inherited"
        for seed in self.made.open_seeds(split, "mtnas", variant):
            config = paper_setting(dataclasses.replace(self.config, seed=seed))
            config = with_section(config, "data", split_seed=split)
            # The same rows, in the paper's batches.
            outcome, route = _inherited(config, self.load(config))
            sizes = network_sizes(route, config, self.schema)
            self._add("mtnas", variant, outcome, split, sizes)

    def _retrain(
        self,
        variant: str,
        seed: int,
        route: Route,
        trainer: CandidateTrainer,
        split: int,
        model: str = "mtnas",
    ) -> None:
        """A route from fresh starts: their mean."""
        starts = fresh_starts(
            seed, self.config.search.candidates.num_retrainings
        )
        jobs = [Job(seed, route, start) for start in starts]
        trained = train_jobs(trainer, self.data[split], jobs)
        self._add(model, variant, mean_of(trained), split)

    def _train_hand_made_routes(
        self, trainer: CandidateTrainer, split: int
    ) -> None:
        """Each once for every pair."""
        routes = trainer.population.space.hand_made_routes()
        jobs = {
            (name, seed): Job(seed, route, seed)
            for name, route in routes.items()
            for seed in self.made.open_seeds(split, name, None)
        }
        trained = train_jobs(trainer, self.data[split], list(jobs.values()))
        for (name, _), outcome in zip(jobs, trained, strict=True):
            self._add(name, None, outcome, split)

    def _retrain_best_hand_made_route(self, trainer: CandidateTrainer) -> None:
        """The best on validation, from fresh starts as a searched route is."""
        name = Methods(self.made.rows).best_hand_made
        if name is None:
            return
        route = trainer.population.space.hand_made_routes()[name]
        for split in self.data:
            for seed in self.made.open_seeds(split, name, MEAN):
                self._retrain(MEAN, seed, route, trainer, split, name)

    def _train_random_routes(
        self, trainer: CandidateTrainer, split: int
    ) -> None:
        """As many random routes a pair as a search trains networks."""
        space = trainer.population.space
        count = self.num_trainings
        seeds = self.made.open_seeds(split, RANDOM, *_variants(None, count))
        jobs = _random_jobs(space, seeds, split, count)
        trained = train_jobs(trainer, self.data[split], jobs)
        for outcomes in _by_pair(trained):
            self._add_trainings(RANDOM, None, outcomes, split)

    def _train_random_supernet_routes(
        self, trainer: CandidateTrainer, split: int
    ) -> None:
        """As many as a route is retrained, of the space of a supernet.

        None if random routes are of that space already.
        """
        space = _supernet_space(self.config, self.schema)
        is_searched = set(self.config.search.compared) & set(ESTIMATORS)
        if space is None or not is_searched:
            return
        count = self.config.search.candidates.num_retrainings
        seeds = self.made.open_seeds(split, RANDOM_SUPERNET, MEAN)
        jobs = _random_jobs(space, seeds, split, count)
        trained = train_jobs(trainer, self.data[split], jobs)
        for outcomes in _by_pair(trained):
            self._add(RANDOM_SUPERNET, MEAN, mean_of(outcomes), split)

    def _train_equal_cost(
        self,
        config: ExperimentConfig,
        search: str,
        cost: float | None,
        is_first: bool,
    ) -> None:
        """Trained as often as the search that it is compared with.

        The first search is judged by what it picked, too: so is its control.
        """
        baseline = Baseline(
            BASELINE, config, self.schema, multiply_adds=round(cost or 0)
        )
        mean = f"{search} {MEAN}".strip()
        best = f"{search} {RESTARTED}".strip()
        variants, count = [mean], self.config.search.candidates.num_retrainings
        if is_first and self.num_trainings > 1:
            variants, count = [mean, best], self.num_trainings
        sizes = baseline.sizes()
        for split, data in self.data.items():
            seeds = self.made.open_seeds(split, EQUAL_COST, *variants)
            pairs = [seed for seed in seeds for _ in range(count)]
            starts = [s for seed in seeds for s in fresh_starts(seed, count)]
            for outcomes in _by_pair(baseline.train(data, pairs, starts)):
                self._add(EQUAL_COST, mean, mean_of(outcomes), split, sizes)
                if best in variants:
                    outcome = best_of(self.schema.tasks, outcomes)
                    self._add(EQUAL_COST, best, outcome, split, sizes)

    def _add_trainings(
        self,
        model: str,
        variant: str | None,
        outcomes: Sequence[Outcome],
        split: int,
        sizes: dict[str, Any] | None = None,
    ) -> None:
        """A pair's first training, and the mean and the best of many."""
        self._add(model, variant, outcomes[0], split, sizes)
        if len(outcomes) > 1:
            self._add(model, MEAN, mean_of(outcomes), split, sizes)
            best = best_of(self.schema.tasks, outcomes)
            self._add(model, RESTARTED, best, split, sizes)

    def _add(
        self,
        model: str,
        variant: str | None,
        outcome: Outcome,
        split: int,
        sizes: dict[str, Any] | None = None,
    ) -> None:
        if sizes is None:
            sizes = {"num_parameters": None, "multiply_adds": None}
            if outcome.route is not None:
                sizes = network_sizes(outcome.route, self.config, self.schema)
        data = self.data[split]
        self.made.add(to_row(model, variant, outcome, data, split, sizes))


def _check_names(config: ExperimentConfig) -> None:
    """Raises before the first training, not after the last search."""
    for method in set(config.search.compared) & set(ESTIMATORS):
        runner.new_estimator(with_section(config, "search", method=method))
    for recipe in config.model.mmoe_recipes:
        with_recipe(config, recipe)
    for method in (SEARCHED, BASELINE, *config.model.baselines):
        with_tuned(config, method)


def _check_same_shapes(data: Mapping[int, MultiTaskData]) -> None:
    """One network serves all splits: their inputs must be alike."""
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


def _compile(trainer: CandidateTrainer, data: MultiTaskData) -> float:
    """Seconds until a trainer is ready to train and evaluate."""
    population = trainer.population
    route = population.space.full_route()
    start = time.perf_counter()
    count = population.num_candidates
    population.initialize([route] * count, range(count))
    population.fit(data.train.take(1), shuffle=False, verbose=0)
    population.evaluate_each(data.valid, steps=1)
    return time.perf_counter() - start


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
        inherited.model.evaluate(data.test, return_dict=True),
    )
    return outcome, route


def _supernet_space(
    config: ExperimentConfig, schema: DatasetSchema
) -> RouteSpace | None:
    """The space of a supernet's routes; `None` if candidates have the same."""
    if _is_one_space(
        config.search.candidates.value_scope, config.model.num_layers
    ):
        return None
    config = with_section(
        config, "search.candidates", value_scope=SUPERNET_SCOPE
    )
    return route_space(config, schema.task_names)


def _is_one_space(value_scope: str, num_layers: int) -> bool:
    """Whether candidates read what a supernet's blocks read."""
    return value_scope == SUPERNET_SCOPE or num_layers == 1


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


def _rarer_class(labels: np.ndarray) -> int:
    """Observed labels of the class that has fewer."""
    return int(min((labels == value).sum() for value in (0, 1)))


def _variants(first: str | None, count: int) -> list[str | None]:
    """What a method's trainings of a pair come to, see `_add_trainings`."""
    return [first] if count == 1 else [first, MEAN, RESTARTED]


def _by_pair(outcomes: Sequence[Outcome]) -> Iterable[list[Outcome]]:
    groups: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.pair, []).append(outcome)
    return groups.values()
