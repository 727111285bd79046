"""A comparison within domains: a line for each domain and method."""

import math
from typing import Any

from mtnas_tf.experiment.comparison.captions import with_error
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.methods import Method
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import Pairs
from mtnas_tf.experiment.comparison.methods import Row
from mtnas_tf.experiment.comparison.methods import name_of
from mtnas_tf.experiment.comparison.statistics import clustered_mean
from mtnas_tf.experiment.domain_tables import UNDEFINED
from mtnas_tf.experiment.signed import signed
from mtnas_tf.metrics.domain_metrics import NUM_LABELS
from mtnas_tf.tasks import TASK_KINDS

CAPTION = (
    "Within domains, on the same rows, the largest domain first. A dash: in "
    "some pair the labels of the domain leave it undefined, such as an AUC of "
    "one class; domains in which all is undefined are left out. In the lines "
    "of labels: how many are observed, the mean over pairs. Differences are "
    "paired as in the first table. There are many of them: uncorrected, a "
    "single one is no evidence."
)


def domain_cells(result: dict[str, Any]) -> list[list[str]]:
    """The cells of the table, its header first; none without domains.

    Args:
        result: content of `compare.json`.
    """
    methods = Methods(result["rows"])
    rows = [row for m in methods for row in methods.pairs(m).values()]
    metrics = _metrics(rows)
    names = [f"{task.replace('_', ' ')} {m}" for task, m in metrics.items()]
    lines = [["domain", "model", *names, f"score - {BASELINE}"]]
    # In the order of the main table.
    known = dict.fromkeys(
        (entry["model"], entry["variant"]) for entry in result["summary"]
    )
    for domain in _domains(rows):
        cells = [
            [domain, name_of(method), *_cells(methods, method, domain, metrics)]
            for method in known
        ]
        if any(cell != UNDEFINED for line in cells for cell in line[2:-1]):
            counts = (_count(rows, task, domain) for task in metrics)
            lines += [[domain, "labels", *counts, ""], *cells]
    return lines if len(lines) > 1 else []


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
    """The domain with most labels first."""
    found: dict[str, float] = {}
    for row in rows:
        for of_task in row.get("test_domains", {}).values():
            for domain, values in of_task.items():
                found[domain] = found.get(domain, 0) + values[NUM_LABELS]
    return sorted(found, key=found.__getitem__, reverse=True)


def _value(row: Row, task: str, domain: str, metric: str) -> float:
    """NaN where the domain has no rows."""
    values = row.get("test_domains", {}).get(task, {}).get(domain, {})
    return float(values.get(metric, math.nan))


def _score(row: Row, domain: str, metrics: dict[str, str]) -> float:
    """The sum that `score` is, over the domain's rows."""
    signs = {kind.score_metric: kind.score_sign for kind in TASK_KINDS.values()}
    return sum(
        signs[metric] * _value(row, task, domain, metric)
        for task, metric in metrics.items()
    )


def _count(rows: list[Row], task: str, domain: str) -> str:
    counts = [_value(row, task, domain, NUM_LABELS) for row in rows]
    known = [count for count in counts if not math.isnan(count)]
    return f"{sum(known) / len(known):,.0f}" if known else UNDEFINED


def _cells(
    methods: Methods, method: Method, domain: str, metrics: dict[str, str]
) -> list[str]:
    """A method's metrics in a domain, and its score minus MMoE's."""
    pairs = methods.pairs(method)
    cells = []
    for task, metric in metrics.items():
        values = [_value(row, task, domain, metric) for row in pairs.values()]
        found = _mean(values, pairs)
        cells.append(UNDEFINED if found is None else with_error(found))
    rival = methods.baseline_of(method)
    others = methods.pairs(rival)
    if rival == method or set(others) != set(pairs):
        return [*cells, ""]
    deltas = [
        _score(row, domain, metrics) - _score(others[pair], domain, metrics)
        for pair, row in pairs.items()
    ]
    found = _mean(deltas, pairs)
    delta = found and signed(found["mean"], found["std_error"])
    return [*cells, delta or UNDEFINED]


def _mean(values: list[float], pairs: Pairs) -> dict[str, Any] | None:
    """The mean over splits, `None` if a value is undefined."""
    if any(map(math.isnan, values)):
        return None
    return clustered_mean(values, [split for split, _ in pairs])
