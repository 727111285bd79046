"""A comparison within domains: a line for each domain and method."""

import math
from typing import Any

from mtnas_tf.experiment.comparison.captions import with_error
from mtnas_tf.experiment.comparison.methods import Method
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import Row
from mtnas_tf.experiment.comparison.methods import name_of
from mtnas_tf.experiment.comparison.statistics import clustered_mean
from mtnas_tf.experiment.domain_tables import UNDEFINED
from mtnas_tf.metrics.domain_metrics import NUM_LABELS
from mtnas_tf.tasks import TASK_KINDS

CAPTION = (
    "Within domains, on the same rows. A dash: in some pair the labels of the "
    "domain leave it undefined, such as an AUC of one class. In the lines of "
    "labels: how many are observed, the mean over pairs."
)


def domain_cells(result: dict[str, Any]) -> list[list[str]]:
    """The cells of the table, its header first; none without domains.

    Args:
        result: content of `compare.json`.
    """
    methods = Methods(result["rows"])
    rows = [row for m in methods for row in methods.pairs(m).values()]
    metrics, domains = _metrics(rows), _domains(rows)
    if not domains:
        return []
    # In the order of the main table.
    known = dict.fromkeys(
        (entry["model"], entry["variant"]) for entry in result["summary"]
    )
    lines = [["domain", "model", *(f"{t} {m}" for t, m in metrics.items())]]
    for domain in domains:
        counts = (_count(rows, task, domain) for task in metrics)
        lines.append([domain, "labels", *counts])
        for method in known:
            cells = (
                _cell(methods, method, task, domain, metric)
                for task, metric in metrics.items()
            )
            lines.append([domain, name_of(method), *cells])
    return lines


def _metrics(rows: list[Row]) -> dict[str, str]:
    """Task -> the metric that networks are compared by."""
    scores = [kind.score_metric for kind in TASK_KINDS.values()]
    return {
        task: next(name for name in scores if name in values)
        for row in rows
        for task, of_task in row.get("test_domains", {}).items()
        for values in of_task.values()
    }


def _domains(rows: list[Row]) -> list[str]:
    return list(
        dict.fromkeys(
            domain
            for row in rows
            for of_task in row.get("test_domains", {}).values()
            for domain in of_task
        )
    )


def _value(row: Row, task: str, domain: str, metric: str) -> float:
    """NaN where the domain has no rows."""
    values = row.get("test_domains", {}).get(task, {}).get(domain, {})
    return float(values.get(metric, math.nan))


def _count(rows: list[Row], task: str, domain: str) -> str:
    counts = [_value(row, task, domain, NUM_LABELS) for row in rows]
    known = [count for count in counts if not math.isnan(count)]
    return f"{sum(known) / len(known):,.0f}" if known else UNDEFINED


def _cell(
    methods: Methods, method: Method, task: str, domain: str, metric: str
) -> str:
    pairs = methods.pairs(method)
    values = [_value(row, task, domain, metric) for row in pairs.values()]
    if any(map(math.isnan, values)):
        return UNDEFINED
    return with_error(clustered_mean(values, [split for split, _ in pairs]))
