"""Means over pairs of a comparison's rows, and what is claimed of them."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from mtnas_tf.experiment.statistics import mean_and_error
from mtnas_tf.experiment.statistics import paired_difference

BASELINE = "mmoe"
Row = dict[str, Any]
Method = tuple[str, str | None]  # model, variant
Pairs = dict[tuple[int, int], Row]  # (split, seed) -> a method's row

# Controls of a searched network, and of a searched route trained afresh.
CONTROLS: dict[str, tuple[Method, ...]] = {
    "picked": (("mmoe", "restarted"), ("random_route", "restarted")),
    "retrained": (
        ("random_route", "mean"),
        ("mmoe", None),
        ("mmoe", "mean"),
        ("ml_mmoe", None),
        ("ml_mmoe", "mean"),
        ("full_route", None),
        ("one_layer_route", None),
    ),
}


def summarize(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Mean and standard error of every metric of every method.

    `delta_vs_mmoe` is paired by split and seed; its `p_value` is that of a t
    test.
    """
    groups = _by_method(rows)
    summary = []
    for method, pairs in groups.items():
        for metric in _metrics(next(iter(pairs.values()))):
            values = [_value(row, metric) for row in pairs.values()]
            mean, error = mean_and_error(values)
            entry = {
                "model": method[0],
                "variant": method[1],
                "metric": metric,
                "mean": mean,
                "std_error": error,
            }
            delta = _difference(pairs, groups.get((BASELINE, None), {}), metric)
            if delta is not None and method != (BASELINE, None):
                entry[f"delta_vs_{BASELINE}"] = delta["mean"]
                entry["delta_std_error"] = delta["std_error"]
                entry["p_value"] = delta["p_value"]
            summary.append(entry)
    return summary


def claims(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Paired differences of the score, searched minus control.

    Returns:
        For each searched variant and each of its `CONTROLS` whose rows are
        there: `of` and `minus` (a model and a variant), `mean`, `std_error`,
        `p_value`, `num_pairs`, and `cost_ratio`, of the multiply-adds (`None`
        where one has no single network).
    """
    groups = _by_method(rows)
    found = []
    for method, pairs in groups.items():
        kind = (method[1] or "").rpartition(" ")[-1]
        controls = CONTROLS.get(kind, ()) if method[0] == "mtnas" else ()
        for control in controls:
            delta = _difference(pairs, groups.get(control, {}), "score")
            if delta is not None:
                found.append(
                    {
                        "of": method,
                        "minus": control,
                        **delta,
                        "cost_ratio": _cost_ratio(pairs, groups[control]),
                    }
                )
    return found


def difference(
    rows: Iterable[Row], others: Iterable[Row], method: Method, metric: str
) -> dict[str, Any] | None:
    """A method in some rows minus the same in others, paired.

    Returns:
        `mean`, `std_error`, `p_value`, `num_pairs`, see `paired_difference`;
        `None` if there are other pairs of one than of the other.
    """
    return _difference(
        _by_method(rows).get(method, {}),
        _by_method(others).get(method, {}),
        metric,
    )


def _by_method(rows: Iterable[Row]) -> dict[Method, Pairs]:
    groups: dict[Method, Pairs] = {}
    for row in rows:
        pairs = groups.setdefault((row["model"], row["variant"]), {})
        pairs[row["split_seed"], row["seed"]] = row
    return groups


def _difference(
    ours: Pairs, others: Pairs, metric: str
) -> dict[str, Any] | None:
    if not ours or set(ours) != set(others):
        return None
    delta = paired_difference(
        [_value(row, metric) for row in ours.values()],
        [_value(others[pair], metric) for pair in ours],
    )
    return {**delta, "num_pairs": len(ours)}


def _cost_ratio(ours: Pairs, others: Pairs) -> float | None:
    costs = [
        [row["multiply_adds"] for row in pairs.values()]
        for pairs in (ours, others)
    ]
    if None in costs[0] + costs[1]:
        return None
    return float(np.mean(costs[0]) / np.mean(costs[1]))


def _metrics(row: Row) -> list[str]:
    return list(_values(row))


def _value(row: Row, metric: str) -> float:
    return _values(row)[metric]


def _values(row: Row) -> dict[str, float]:
    """Loss, score and the metrics of every task, by name."""
    by_task = {
        f"{task}_{name}": value
        for task, values in row["test"].items()
        for name, value in values.items()
    }
    return {"mtl_loss": row["mtl_loss"], "score": row["score"], **by_task}
