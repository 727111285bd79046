"""Each task by itself: does sharing help it or harm it?"""

from typing import Any

from mtnas_tf.experiment.comparison.captions import with_error
from mtnas_tf.experiment.comparison.methods import BEST_OF_MANY
from mtnas_tf.experiment.comparison.methods import MEAN
from mtnas_tf.experiment.comparison.methods import RESTARTED
from mtnas_tf.experiment.comparison.methods import Method
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import kind_of
from mtnas_tf.experiment.comparison.methods import name_of
from mtnas_tf.experiment.reporting.differences_figure import differences_figure
from mtnas_tf.experiment.reporting.folded import Folded
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.experiment.signed import signed
from mtnas_tf.tasks import TASK_KINDS

ALONE = "single_task"
WORDS = (
    "Each method minus a network for each task, paired by split and seed. "
    "Where it is worse, the task is better off alone: negative transfer. These "
    "differences are not tested, and among so many some are large by chance."
)
Differences = dict[str, dict[str, tuple[float, float]]]  # task -> method


def tasks_section(result: dict[str, Any]) -> Section:
    """The section of single tasks.

    Args:
        result: what `compare` returns.
    """
    metrics = _score_metrics(result)
    if not metrics:
        return Section("Each task", [])
    parts: list[Any] = []
    found = against_single_task(result, metrics)
    if any(found.values()):
        worse, rows = _rows(found, metrics)
        names = [f"{task} {metrics[task]}" for task in found]
        panels = {
            f"{name} - alone": methods
            for name, methods in zip(names, found.values(), strict=True)
        }
        parts += [
            WORDS,
            differences_figure(
                panels, "Every method minus a network for each task."
            ),
            PageTable(
                "Negative transfer: differences to a network for each task, ± "
                "the standard error, and the tasks that lose by more than it.",
                ["model", *names, "tasks that lose"],
                [
                    [*cells, ", ".join(tasks)]
                    for cells, tasks in zip(rows, worse, strict=True)
                ],
            ),
        ]
    folded = Folded("Every metric of every task", [_means(result)])
    return Section("Each task", [*parts, folded])


def against_single_task(
    result: dict[str, Any], metrics: dict[str, str]
) -> Differences:
    """Paired differences to `single_task`; empty if it was not compared.

    Args:
        result: what `compare` returns.
        metrics: task -> name of the metric.

    Returns:
        task -> name of a method -> difference and its standard error.
    """
    methods = Methods(result["rows"])
    found: Differences = {task: {} for task in metrics}
    for method in _in_order(result):
        alone = methods.trained(
            ALONE, RESTARTED if kind_of(method) in BEST_OF_MANY else MEAN
        )
        for task, metric in metrics.items():
            delta = methods.difference(method, alone, task, metric)
            if delta is not None and method != alone:
                known = delta["mean"], delta["std_error"]
                found[task][name_of(method)] = known
    return found


def _score_metrics(result: dict[str, Any]) -> dict[str, str]:
    """Task -> the metric that networks are compared by."""
    scores = [kind.score_metric for kind in TASK_KINDS.values()]
    return {
        task: next(name for name in scores if name in values)
        for task, values in result["rows"][0]["test"].items()
    }


def _in_order(result: dict[str, Any]) -> list[Method]:
    return list(
        dict.fromkeys(
            (entry["model"], entry["variant"]) for entry in result["summary"]
        )
    )


def _means(result: dict[str, Any]) -> PageTable:
    """A line for each task and method, so that a task can be read alone."""
    rows = [
        [
            name_of((entry["model"], entry["variant"])),
            entry["task"],
            entry["metric"].replace("_", " "),
            with_error(entry),
            signed(entry["delta_vs_mmoe"], entry["delta_std_error"])
            if "delta_vs_mmoe" in entry
            else "",
        ]
        for entry in result["summary"]
        if entry["task"] is not None
    ]
    rows.sort(key=lambda row: row[1:3])
    return PageTable(
        "Every metric of every task on the test rows, from the best sum of "
        "scores down.",
        ["model", "task", "metric", "mean", "minus MMoE"],
        rows,
        num_texts=3,
    )


def _rows(
    found: Differences, metrics: dict[str, str]
) -> tuple[list[list[str]], list[list[str]]]:
    """For each method the tasks that lose, and the cells of its line."""
    signs = {kind.score_metric: kind.score_sign for kind in TASK_KINDS.values()}
    worse, rows = [], []
    for name in next(iter(found.values())):
        deltas = {task: methods[name] for task, methods in found.items()}
        rows.append([name, *(signed(*delta) for delta in deltas.values())])
        worse.append(
            [
                task
                for task, (mean, error) in deltas.items()
                if signs[metrics[task]] * mean < -error
            ]
        )
    return worse, rows
