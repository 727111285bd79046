"""Comparisons whose trainings are stood in for."""

import dataclasses
import functools
import json

import numpy as np
from tiny_experiment import CONFIG
from tiny_experiment import NUM_ROWS
from tiny_experiment import load_data

from mtnas_tf.config import with_section
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison import comparison
from mtnas_tf.experiment.comparison import searches
from mtnas_tf.experiment.comparison.compare import compare
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.population import RoutePopulation
from mtnas_tf.search import SearchModel

TASKS = ("click", "buy")
BASELINES = ("single_task", "mmoe")
HAND_MADE = ("full_route", "disjoint_route", "chain_route")
PAIRS = [(0, 3), (0, 4), (1, 5), (1, 6)]  # split, seed
NUM_TRAININGS = 9  # of a search: three rounds in three places
COMPARED = with_section(
    with_section(CONFIG, "optim", epochs=1),
    "model",
    units=40,
    baselines=BASELINES,
)
COMPARED = with_section(COMPARED, "search", compared=("candidates",))
CONTROLS = [
    ("random_route", None),
    ("random_route", "mean"),
    ("random_route", "restarted"),
    *((name, None) for name in BASELINES),
    *((name, "mean") for name in BASELINES),
    *((name, "restarted") for name in BASELINES),
]
BEST_HAND_MADE = ("full_route", "mean")  # by validation, see `luck`
# The search's routes cost less here than MMoE of as many parameters.
EQUAL_COST = [("mmoe_equal_cost", "mean"), ("mmoe_equal_cost", "restarted")]
METHODS = [
    ("mtnas", "picked"),
    ("mtnas", "retrained"),
    *((name, None) for name in HAND_MADE),
    BEST_HAND_MADE,
    *CONTROLS,
    *EQUAL_COST,
]
# A route of the same config costs the same in every comparison.
NETWORK_SIZES = functools.cache(network_sizes)


@dataclasses.dataclass
class Call:
    """One call of `CandidateTrainer.train`."""

    population: RoutePopulation
    split: int | str | None  # None where the data have a part of the tasks
    routes: list
    starts: list

    @property
    def is_baseline(self):
        return self.population.space.query_scope == "root"


class Script:
    """Stands in for all that is trained; what is good is bad on test."""

    def __init__(self, monkeypatch):
        self.calls = []
        self.loaded = []  # configs
        self.searched = []  # configs, of searches in a supernet
        for target, name, stand_in in (
            (searches, "compile_trainer", lambda trainer, data: 0.25),
            (comparison, "network_sizes", NETWORK_SIZES),
            (CandidateTrainer, "train", lambda *args: self.train(*args)),
            (RoutePopulation, "evaluate_each", evaluate_each),
            (RoutePopulation, "network", lambda *args: Network(*args)),
            (runner, "train", fit),
            (runner, "search", lambda c, d, verbose: search(self, c, d)),
            (runner, "derive_model", derive_model),
        ):
            monkeypatch.setattr(target, name, stand_in)

    def load(self, config):
        self.loaded.append(config)
        batch_size = min(config.data.batch_size, NUM_ROWS["train"])
        data = load_data(with_section(config, "data", batch_size=batch_size))
        data.split_seed = config.data.split_seed
        return data

    def train(self, trainer, data, routes, seeds):
        population = trainer.population
        is_whole = data.schema.task_names == TASKS
        # Data that were read from disk do not tell.
        split = getattr(data, "split_seed", "?") if is_whole else None
        self.calls.append(Call(population, split, list(routes), list(seeds)))
        jobs = list(zip(routes, seeds, strict=True))
        size = population.num_candidates
        tasks = data.schema.task_names
        for start in range(0, len(jobs), size):
            population.jobs = jobs[start : start + size]
            yield [
                Candidate(*job, 1, metrics(tasks, luck(*job)))
                for job in population.jobs
            ]


def evaluate_each(population, batches):
    tasks = population.schema.task_names
    return [metrics(tasks, 1 - luck(*job)) for job in population.jobs]


def fit(model, config, data, verbose):
    return runner.Training(model, 1, 2.0, 0.1, {})


def search(script, config, data):
    script.searched.append(config)
    supernet = building.build_model("mtnas", config, data.schema)
    return runner.Training(SearchModel(supernet), 2, 6.0, 0.1, {})


def derive_model(model, config, data, weights, verbose):
    route = model.supernet.space.hand_made.disjoint()
    network = building.new_route_model(route, config, data.schema)
    return runner.Training(network, 0, 1.0, 0.0, metrics(TASKS, 0.5))


class Network:
    """The network of a place, as good as it was."""

    def __init__(self, population, place):
        self.route, self.start = population.jobs[place]
        self.tasks = population.schema.task_names

    def compile(self, jit_compile):
        assert jit_compile is False

    def evaluate_by_task(self, batches):
        return metrics(self.tasks, 1 - luck(self.route, self.start))


def luck(route, start):
    return float(np.random.default_rng([start, hash_of(route)]).uniform())


def hash_of(route):
    """The same in every process."""
    return sum(route.to_json().encode())


def metrics(tasks, quality):
    return {task: {"auc": quality, "log_loss": 1 - quality} for task in tasks}


def run(config, script, num_seeds=1):
    return compare(config, num_seeds, 1, script.load, lambda line: None)


def methods_of(result):
    rows = result["rows"]
    return list(dict.fromkeys((r["model"], r["variant"]) for r in rows))


def rows_of(result, method, pair=None):
    return [
        row
        for row in result["rows"]
        if (row["model"], row["variant"]) == method
        and pair in (None, (row["split_seed"], row["seed"]))
    ]


def without_times(rows):
    """Rows as they come back from JSON, in any order."""
    times = ("train_seconds", "examples_per_second", "budget")
    texts = [
        json.dumps({k: v for k, v in row.items() if k not in times})
        for row in rows
    ]
    return sorted(texts)
