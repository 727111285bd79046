"""Means over pairs of a comparison's rows, and what is claimed of them."""

from collections.abc import Iterable
from typing import Any

from mtnas_tf.experiment.statistics import mean_and_error
from mtnas_tf.experiment.statistics import paired_difference

BASELINE = "mmoe"
Row = dict[str, Any]
Method = tuple[str, str | None]  # model, variant

# Controls of a searched network, and of a searched route trained afresh.
CONTROLS: dict[str, tuple[Method, ...]] = {
    "picked": (("mmoe", "restarted"), ("random_route", "restarted")),
    "retrained": (("random_route", "mean"), ("mmoe", None), ("ml_mmoe", None)),
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
            delta = _difference(groups, method, (BASELINE, None), metric)
            if delta is not None:
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
        `p_value`, `num_pairs`.
    """
    groups = _by_method(rows)
    found = []
    for method, pairs in groups.items():
        kind = (method[1] or "").rpartition(" ")[-1]
        controls = CONTROLS.get(kind, ()) if method[0] == "mtnas" else ()
        for control in controls:
            delta = _difference(groups, method, control, "score")
            if delta is not None:
                claim = {"of": method, "minus": control, **delta}
                found.append({**claim, "num_pairs": len(pairs)})
    return found


def _by_method(
    rows: Iterable[Row],
) -> dict[Method, dict[tuple[int, int], Row]]:
    groups: dict[Method, dict[tuple[int, int], Row]] = {}
    for row in rows:
        pairs = groups.setdefault((row["model"], row["variant"]), {})
        pairs[row["split_seed"], row["seed"]] = row
    return groups


def _difference(
    groups: dict[Method, dict[tuple[int, int], Row]],
    method: Method,
    control: Method,
    metric: str,
) -> dict[str, Any] | None:
    """Paired; `None` if there are other pairs of one than of the other."""
    ours, others = groups.get(method, {}), groups.get(control, {})
    if method == control or not ours or set(ours) != set(others):
        return None
    return paired_difference(
        [_value(row, metric) for row in ours.values()],
        [_value(others[pair], metric) for pair in ours],
    )


def _metrics(row: Row) -> list[str]:
    tasks = row["test"].items()
    names = [f"{task}_{name}" for task, values in tasks for name in values]
    return ["mtl_loss", "score", *names]


def _value(row: Row, metric: str) -> float:
    if metric in ("mtl_loss", "score"):
        return row[metric]
    return next(
        values[metric.removeprefix(f"{task}_")]
        for task, values in row["test"].items()
        if metric.removeprefix(f"{task}_") in values
        and metric.startswith(f"{task}_")
    )
