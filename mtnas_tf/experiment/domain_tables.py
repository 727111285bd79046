"""Tables of domains and tasks."""

import math
from collections.abc import Sequence

from mtnas_tf.data import TaskSpec
from mtnas_tf.experiment.aligned import aligned
from mtnas_tf.metrics.domain_metrics import NUM_LABELS
from mtnas_tf.tasks import TASK_KINDS
from mtnas_tf.types import DomainMetrics

UNDEFINED = "-"


def domain_table(tasks: Sequence[TaskSpec], found: DomainMetrics) -> str:
    """The score of every task within every domain, for a terminal.

    A dash stands for what the domain's labels leave undefined. The labels that
    are observed are in brackets.

    Args:
        tasks: `TaskSpec`s.
        found: what `evaluate_domains` returns.

    Example:
    >>> of_home = {"auc": 0.75, "num_labels": 1200}
    >>> of_search = {"auc": float("nan"), "num_labels": 3}
    >>> found = {"click": {"home": of_home, "search": of_search}}
    >>> print(domain_table([TaskSpec(name="click")], found))
    domain       click auc
    ----------------------
    home    0.7500 (1,200)
    search           - (3)
    """
    metrics = {task.name: TASK_KINDS[task.kind].score_metric for task in tasks}
    header = ["domain", *(f"{t} {m}" for t, m in metrics.items())]
    domains = dict.fromkeys(d for of_task in found.values() for d in of_task)
    rows = []
    for domain in domains:
        cells = [found[task][domain] for task in metrics]
        scores = (
            f"{score(values[metric])} ({values[NUM_LABELS]:,.0f})"
            for values, metric in zip(cells, metrics.values(), strict=True)
        )
        rows.append([domain, *scores])
    return aligned(header, rows, right=header[1:])


def score(value: float) -> str:
    """A number, or a dash."""
    return UNDEFINED if math.isnan(value) else f"{value:z.4f}"
