"""Outcomes of trainings as rows of a comparison."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import TaskSpec
from mtnas_tf.search.candidates import validation_score
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import total_effort
from mtnas_tf.tasks import TASK_KINDS

Metrics = dict[str, float]
Row = dict[str, Any]


def side_by_side(outcomes: Sequence[Outcome]) -> Outcome:
    """Networks of a task each, as one model of all their tasks."""
    effort = total_effort(outcomes)
    return Outcome(
        outcomes[0].pair,
        None,
        outcomes[0].epochs,
        effort["seconds"],
        _union([outcome.valid for outcome in outcomes]),
        _union([outcome.test for outcome in outcomes]),
    )


def to_row(
    model: str,
    variant: str | None,
    outcome: Outcome,
    data: MultiTaskData,
    split_seed: int,
    network: Mapping[str, Any],
) -> Row:
    """A row of `compare.json`; `network` holds its sizes."""
    num_rows = len(data.splits["train"]) * outcome.epochs
    tasks = data.schema.tasks
    return {
        "model": model,
        "variant": variant,
        "seed": outcome.pair,
        "split_seed": split_seed,
        "num_trainings": outcome.num_trainings,
        "epochs": outcome.epochs,
        "valid": by_task(outcome.valid, tasks),
        "valid_loss": outcome.valid["loss"],
        "valid_score": validation_score(tasks, outcome.valid),
        "test": by_task(outcome.test, tasks),
        "mtl_loss": outcome.test["loss"],
        "score": validation_score(tasks, outcome.test),
        "train_seconds": outcome.seconds,
        "examples_per_second": num_rows / outcome.seconds,
        **network,
        "route": None if outcome.route is None else outcome.route.to_dict(),
    }


def by_task(metrics: Metrics, tasks: Iterable[TaskSpec]) -> dict[str, Metrics]:
    """`{"click_auc": x}` -> `{"click": {"auc": x}}`.

    A key is made of a task and a metric, never taken apart: `buy_log_loss` is
    the log loss of `buy`, whether or not there is a task `buy_log`.
    """
    return {
        task.name: {
            name: metrics[f"{task.name}_{name}"]
            for name in TASK_KINDS[task.kind].metrics
            if f"{task.name}_{name}" in metrics
        }
        for task in tasks
    }


def _union(metrics: Sequence[Metrics]) -> Metrics:
    return {
        **{name: value for values in metrics for name, value in values.items()},
        "loss": sum(values["loss"] for values in metrics),
    }
