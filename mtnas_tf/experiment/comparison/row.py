"""Outcomes of trainings as rows of a comparison."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import TaskSpec
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.search.candidates import validation_score
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import total_effort

Row = dict[str, Any]


def side_by_side(outcomes: Sequence[Outcome]) -> Outcome:
    """Joins networks of one task each into one outcome of all tasks."""
    effort = total_effort(outcomes)
    return Outcome(
        outcomes[0].pair,
        None,
        outcomes[0].epochs,
        effort["seconds"],
        {task: m for o in outcomes for task, m in o.valid.items()},
        {task: m for o in outcomes for task, m in o.test.items()},
        test_domains={
            task: m for o in outcomes for task, m in o.test_domains.items()
        },
    )


def to_row(
    model: str,
    variant: str | None,
    outcome: Outcome,
    data: MultiTaskData,
    split_seed: int,
    network: Mapping[str, Any],
) -> Row:
    """A row of `compare.json`; `network` holds its sizes.

    A plain training's row has `sharing`, who reads what, if anyone chooses; a
    mean's has `valid_scores`, of each of its trainings.
    """
    domains = outcome.test_domains
    num_rows = len(data.splits["train"]) * outcome.epochs
    tasks = data.schema.tasks
    return {
        "model": model,
        "variant": variant,
        "seed": outcome.pair,
        "split_seed": split_seed,
        "num_trainings": outcome.num_trainings,
        "epochs": outcome.epochs,
        "valid": outcome.valid,
        "valid_loss": mtl_loss(tasks, outcome.valid),
        "valid_score": validation_score(tasks, outcome.valid),
        "test": outcome.test,
        **({"test_domains": domains} if domains else {}),
        "mtl_loss": mtl_loss(tasks, outcome.test),
        "score": validation_score(tasks, outcome.test),
        "train_seconds": outcome.seconds,
        "examples_per_second": num_rows / outcome.seconds,
        **network,
        "route": None if outcome.route is None else outcome.route.to_dict(),
        **(_sharing(outcome) if variant is None else {}),
        **_scores_of_each(outcome, tasks),
    }


def _scores_of_each(outcome: Outcome, tasks: Sequence[TaskSpec]) -> Row:
    scores = [validation_score(tasks, own) for own in outcome.valid_of_each]
    return {"valid_scores": scores} if scores else {}


def _sharing(outcome: Outcome) -> Row:
    matrices = [
        matrix.to_dict()
        for matrix in outcome.sharing
        if len(matrix.sources) > 1
    ]
    return {"sharing": matrices} if matrices else {}
