"""Means over a comparison's rows.

Pairs of one split share its rows: they count as one, see `clustered_mean`.
"""

from collections.abc import Iterable
from typing import Any

from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.methods import BEST_OF_MANY
from mtnas_tf.experiment.comparison.methods import Method
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import Row
from mtnas_tf.experiment.comparison.methods import kind_of
from mtnas_tf.experiment.comparison.methods import value_of
from mtnas_tf.experiment.comparison.statistics import clustered_mean


def summarize(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Mean and standard error of every metric of every method.

    Means and single trainings come first, then the best of many trainings, each
    from the best score down. `delta_vs_mmoe` is paired by split and seed; a
    network that is the best of many trainings is compared with the best of
    MMoE's, any other with MMoE's mean, if it was trained more than once.

    Returns:
        a dict for each: `model`, `variant`, `task` (`None` for the sums over
        tasks, `mtl_loss` and `score`), `metric`, `mean`, `std_error` and, where
        there is an MMoE of the same pairs, `delta_vs_mmoe` and
        `delta_std_error`.
    """
    methods = Methods(rows)
    return [
        _entry(methods, method, task, metric)
        for method in _in_order(methods)
        for task, metric in _metrics(next(iter(methods.pairs(method).values())))
    ]


def difference(
    rows: Iterable[Row], others: Iterable[Row], method: Method, metric: str
) -> dict[str, Any] | None:
    """Paired differences of a method between two sets of rows.

    Args:
        rows: of one comparison.
        others: of another.
        method: a model and a variant.
        metric: `"score"` or `"mtl_loss"`.

    Returns:
        the result of `clustered_mean`, and `num_pairs`; `None` if the two have
        different pairs.
    """
    ours = Methods(rows)
    delta = ours.difference(method, method, None, metric, Methods(others))
    return delta and {**delta, "num_pairs": len(ours.pairs(method))}


def _in_order(methods: Methods) -> list[Method]:
    """Means first: the best of many is above the mean of the same network."""
    by_score = sorted(methods, key=methods.score, reverse=True)
    return sorted(by_score, key=lambda m: kind_of(m) in BEST_OF_MANY)


def _entry(
    methods: Methods, method: Method, task: str | None, metric: str
) -> dict[str, Any]:
    pairs = methods.pairs(method)
    found = clustered_mean(
        [value_of(row, task, metric) for row in pairs.values()],
        [split for split, _ in pairs],
    )
    entry = {
        "model": method[0],
        "variant": method[1],
        "task": task,
        "metric": metric,
        "mean": found["mean"],
        "std_error": found["std_error"],
    }
    reference = methods.baseline_of(method)
    delta = methods.difference(method, reference, task, metric)
    if delta is not None and method != reference:
        entry[f"delta_vs_{BASELINE}"] = delta["mean"]
        entry["delta_std_error"] = delta["std_error"]
    return entry


def _metrics(row: Row) -> list[tuple[str | None, str]]:
    """The sums over tasks, then each task's metrics."""
    of_tasks = [
        (task, name) for task, values in row["test"].items() for name in values
    ]
    return [(None, "mtl_loss"), (None, "score"), *of_tasks]
