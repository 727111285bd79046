"""Every method of a config on the same data, over seeds."""

import dataclasses
import json
import math
import time
from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import numpy as np

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.recipes import with_recipe
from mtnas_tf.experiment.statistics import mean_and_error
from mtnas_tf.experiment.statistics import paired_difference
from mtnas_tf.models import MODELS
from mtnas_tf.models import Route
from mtnas_tf.models import RouteSpace

BASELINE = "mmoe"
MAX_UNITS = 4096

Row = dict[str, Any]


def compare(
    config: ExperimentConfig,
    data: MultiTaskData,
    num_seeds: int,
    report: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Trains every method with seeds `config.seed`, `config.seed + 1`, ...

    Within a seed all methods share split, table initialization and order of
    rows. Baselines get the width at which they have as many dense parameters
    as the searched routes' networks, unless `model.match_parameters` is off.

    Args:
        config: `ExperimentConfig`.
        data: the config's data.
        num_seeds: int > 0.
        report: called with a line of text after every training.

    Returns:
        dict for `compare.json`: `dataset`, `protocol`, `rows`, `summary`.
    """
    if num_seeds < 1:
        raise ValueError(
            f"`num_seeds` must be positive. Received: num_seeds={num_seeds}"
        )
    _check_names(config)
    seeds = range(config.seed, config.seed + num_seeds)
    configs = [dataclasses.replace(config, seed=seed) for seed in seeds]
    rows: list[Row] = []
    for seeded in configs:
        data.seed = seeded.seed
        for row in _route_rows(seeded, data):
            rows.append(row)
            report(_progress(row))
    target = (
        _mean_dense_parameters(rows) if config.model.match_parameters else 0
    )
    methods: list[tuple[str, str | None]] = [
        (name, None) for name in config.model.baselines
    ]
    methods += [(BASELINE, recipe) for recipe in config.model.mmoe_recipes]
    widths = {
        method: _matched_units(*method, config, data, target)
        for method in methods
    }
    for seeded in configs:
        data.seed = seeded.seed
        for row in _baseline_rows(seeded, data, widths):
            rows.append(row)
            report(_progress(row))
    _set_budgets(rows)
    return {
        "dataset": config.data.name,
        "protocol": _protocol(config, data, num_seeds, target),
        "rows": rows,
        "summary": summarize(rows),
    }


def summarize(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Mean and standard error of every metric of every method.

    `delta_vs_mmoe` is paired by seed; its `p_value` is that of a t test.
    """
    groups: dict[tuple[str, str | None], dict[int, Row]] = {}
    for row in rows:
        key = (row["model"], row["variant"])
        groups.setdefault(key, {})[row["seed"]] = row
    summary = []
    for (model, variant), by_seed in groups.items():
        for metric in _metrics(next(iter(by_seed.values()))):
            values = [_value(row, metric) for row in by_seed.values()]
            mean, error = mean_and_error(values)
            entry = {
                "model": model,
                "variant": variant,
                "metric": metric,
                "mean": mean,
                "std_error": error,
            }
            other = groups.get((BASELINE, None), {})
            if (model, variant) != (BASELINE, None) and set(other) == set(
                by_seed
            ):
                baseline = [_value(other[seed], metric) for seed in by_seed]
                delta = paired_difference(values, baseline)
                entry[f"delta_vs_{BASELINE}"] = delta["mean"]
                entry["delta_std_error"] = delta["std_error"]
                entry["p_value"] = delta["p_value"]
            summary.append(entry)
    return summary


def _check_names(config: ExperimentConfig) -> None:
    """Raises before the first training, not after the last search."""
    unknown = set(config.model.baselines) - set(MODELS)
    if unknown:
        raise ValueError(
            f"`baselines` must be among {sorted(MODELS)}. "
            f"Received: {sorted(unknown)}"
        )
    for recipe in config.model.mmoe_recipes:
        with_recipe(config, recipe)


def _route_rows(config: ExperimentConfig, data: MultiTaskData) -> Iterable[Row]:
    search = runner.search(config, data, verbose=0)
    picked = runner.derive_model(search.model, config, data, "inherit", 0)
    yield _row("mtnas", "picked", config, data, picked, search.seconds, search)
    retrained = runner.derive_model(search.model, config, data, "retrain", 0)
    yield _row("mtnas", "retrained", config, data, retrained, search.seconds)
    space = search.model.supernet.space
    routes = {
        "random_route": space.random_route(np.random.default_rng(config.seed)),
        **_disjoint(space),
    }
    for name, route in routes.items():
        model = runner.new_route_model(route, config, data.schema)
        training = runner.train(model, config, data, verbose=0)
        yield _row(name, None, config, data, training)


def _disjoint(space: RouteSpace) -> dict[str, Route]:
    if space.num_subnetworks < len(space.tasks):
        return {}
    return {"disjoint_route": space.disjoint_route()}


def _baseline_rows(
    config: ExperimentConfig,
    data: MultiTaskData,
    widths: dict[tuple[str, str | None], dict[str, int]],
) -> Iterable[Row]:
    for (name, recipe), units in widths.items():
        changed = with_recipe(config, recipe)
        model = runner.build_model(name, changed, data.schema, **units)
        training = runner.train(model, changed, data, verbose=0)
        yield _row(name, recipe, config, data, training)


def _matched_units(
    name: str,
    recipe: str | None,
    config: ExperimentConfig,
    data: MultiTaskData,
    target: int,
) -> dict[str, int]:
    """The width whose dense parameters come closest to `target`."""
    if not target:
        return {}
    config = with_recipe(config, recipe)
    schema = dataclasses.replace(data.schema, num_buckets=1)

    def distance(units: int) -> float:
        model = runner.build_model(name, config, schema, units=units)
        return runner.count_parameters(model)["dense"] - target

    low, high = 1, MAX_UNITS
    while low < high:  # the smallest width with at least `target` parameters
        middle = (low + high) // 2
        if distance(middle) < 0:
            low = middle + 1
        else:
            high = middle
    below = max(low - 1, 1)
    return {"units": min((low, below), key=lambda u: abs(distance(u)))}


def _row(
    model: str,
    variant: str | None,
    config: ExperimentConfig,
    data: MultiTaskData,
    training: runner.Training,
    earlier_seconds: float = 0.0,
    timed: runner.Training | None = None,
) -> Row:
    """One trained network; `timed` is the training whose speed it reports."""
    step_seconds = (timed or training).step_seconds
    test = training.model.evaluate(data.test, return_dict=True)
    route = getattr(training.model, "route", None)
    return {
        "model": model,
        "variant": variant,
        "seed": config.seed,
        "split_seed": config.data.split_seed,
        "budget": math.nan,
        "valid": training.valid,
        "test": _by_task(test, data.schema.task_names),
        "mtl_loss": test["loss"],
        "num_parameters": runner.count_parameters(training.model),
        "epochs": training.epochs,
        "train_seconds": training.seconds + earlier_seconds,
        "step_milliseconds": step_seconds * 1e3,
        "examples_per_second": data.batch_size / step_seconds,
        "route": None if route is None else json.loads(route.to_json()),
    }


def _by_task(
    metrics: dict[str, float], tasks: Iterable[str]
) -> dict[str, dict[str, float]]:
    """`{"click_auc": x}` -> `{"click": {"auc": x}}`."""
    grouped: dict[str, dict[str, float]] = {task: {} for task in tasks}
    for key, value in metrics.items():
        # The longest, because a task may be called like the start of another.
        owners = [task for task in grouped if key.startswith(f"{task}_")]
        if owners:
            task = max(owners, key=len)
            grouped[task][key.removeprefix(f"{task}_")] = value
    return grouped


def _set_budgets(rows: list[Row]) -> None:
    """Cost in units of one training of the baseline, compilation included."""
    seconds = [
        row["train_seconds"]
        for row in rows
        if (row["model"], row["variant"]) == (BASELINE, None)
    ]
    if seconds:
        for row in rows:
            row["budget"] = row["train_seconds"] / float(np.mean(seconds))


def _mean_dense_parameters(rows: list[Row]) -> int:
    return round(
        np.mean(
            [
                row["num_parameters"]["dense"]
                for row in rows
                if (row["model"], row["variant"]) == ("mtnas", "retrained")
            ]
        )
    )


def _protocol(
    config: ExperimentConfig, data: MultiTaskData, num_seeds: int, target: int
) -> dict[str, Any]:
    values = dataclasses.asdict(config)
    del values["data"]["data_dir"]  # a place on one machine
    return {
        "config": values,
        "num_seeds": num_seeds,
        "rows": {name: len(split) for name, split in data.splits.items()},
        "dense_parameters_matched_to": target or None,
        "selection": "epoch of least validation loss; test read once",
        "date": time.strftime("%Y-%m-%d"),
    }


def _metrics(row: Row) -> list[str]:
    tasks = row["test"].items()
    names = [f"{task}_{name}" for task, values in tasks for name in values]
    return ["mtl_loss", *names]


def _value(row: Row, metric: str) -> float:
    if metric == "mtl_loss":
        return row["mtl_loss"]
    return next(
        values[metric.removeprefix(f"{task}_")]
        for task, values in row["test"].items()
        if metric.removeprefix(f"{task}_") in values
        and metric.startswith(f"{task}_")
    )


def _progress(row: Row) -> str:
    name = row["model"] + (f" ({row['variant']})" if row["variant"] else "")
    return (
        f"seed {row['seed']}  {name:24} mtl_loss {row['mtl_loss']:.4f}  "
        f"{row['train_seconds']:.0f} s"
    )
