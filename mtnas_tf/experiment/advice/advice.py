"""Whether tasks conflict, and what a search may gain: from cheap trainings."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.advice.deals import deals
from mtnas_tf.experiment.advice.gains import best_network
from mtnas_tf.experiment.advice.gains import bound_of_search
from mtnas_tf.experiment.advice.gains import gains_by_pair
from mtnas_tf.experiment.advice.gains import gains_from_sharing
from mtnas_tf.experiment.advice.gradients import gradient_cosines
from mtnas_tf.experiment.advice.trainings import Trainings
from mtnas_tf.experiment.advice.verdict import verdict_of
from mtnas_tf.experiment.effort import trainings_of_search
from mtnas_tf.search.candidates.mean_and_error import mean_and_error
from mtnas_tf.tasks import TASK_KINDS

FEW_LABELS = 100  # of the rarer class in the validation rows of a deal


def advice_on(
    config: ExperimentConfig,
    data: MultiTaskData,
    trainings: Trainings,
    num_deals: int,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Trains tasks alone and together, and says what came of it.

    Scores are of validation rows, dealt anew each time; the test split is not
    read.

    Args:
        config: `ExperimentConfig`.
        data: `MultiTaskData`.
        trainings: `Trainings` of the config and the data's schema.
        num_deals: int > 1. Ways to deal training and validation rows.
        say: called with a line of text after each deal. Defaults to `print`.

    Returns:
        the content of `advice.json`, see `docs/advise.md`.
    """
    tasks = data.schema.task_names
    dealt = deals(data, num_deals, config.seed)
    each = []
    for index, deal in enumerate(dealt):
        each.append(trainings.scores(deal, index))
        say(f"deal {index + 1} of {num_deals} is trained")
    cosines = gradient_cosines(config, dealt)
    say("the gradients of all deals are compared")
    scores = {name: np.array([s[name] for s in each]) for name in each[0]}
    sizes = [len(dealt[0].splits[name]) for name in ("valid", "train")]
    share = sizes[0] / sizes[1]
    found = {
        "dataset": config.dataset,
        "tasks": list(tasks),
        "num_deals": num_deals,
        "num_starts": trainings.num_starts,
        "rows": {"train": sizes[1], "valid": sizes[0]},
        "gains": gains_from_sharing(tasks, scores, share),
        "pairs": gains_by_pair(tasks, scores, share),
        "cosines": _cosines(tasks, cosines),
        "bound": bound_of_search(scores, share),
        "best_network": best_network(scores),
        "few_labels": _few_labels(dealt),
        "price": _price(config, trainings),
        "scores": {name: own.tolist() for name, own in scores.items()},
    }
    return {**found, **verdict_of(found)}


def _cosines(tasks: tuple[str, ...], each: np.ndarray) -> dict[str, Any]:
    """Task -> other -> mean and standard error over deals."""
    return {
        task: {
            other: dict(
                zip(
                    ("mean", "std_error"),
                    mean_and_error(each[:, i, j].tolist()),
                    strict=True,
                )
            )
            for j, other in enumerate(tasks)
            if i != j
        }
        for i, task in enumerate(tasks)
    }


def _few_labels(dealt: list[MultiTaskData]) -> dict[str, int]:
    """Binary task -> least labels of its rarer class, where they are few."""
    counts = {
        task.name: min(
            int((deal.splits["valid"].labels[task.name] == value).sum())
            for deal in dealt
            for value in (0, 1)
        )
        for task in dealt[0].schema.tasks
        if TASK_KINDS[task.kind].has_positives
    }
    return {task: n for task, n in counts.items() if n < FEW_LABELS}


def _price(config: ExperimentConfig, trainings: Trainings) -> dict[str, Any]:
    """Trainings of a search among candidates, and their seconds here."""
    searched = with_section(config, "search", compared=(CANDIDATES,))
    count = trainings_of_search(searched)
    return {
        "trainings": count,
        "seconds_of_one": trainings.seconds,
        "seconds": count * trainings.seconds,
        "trainings_of_advice": trainings.count,
    }
