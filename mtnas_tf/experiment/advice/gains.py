"""What tasks gain and lose by sharing, and what a search may gain at most."""

import math
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.experiment.advice.groupings import name_of
from mtnas_tf.experiment.advice.groupings import pair_alone
from mtnas_tf.experiment.advice.resampled import Resampled
from mtnas_tf.experiment.advice.resampled import resampled
from mtnas_tf.experiment.advice.trainings import ALONE
from mtnas_tf.experiment.comparison.statistics import holm

Scores = Mapping[str, np.ndarray]  # network -> (deals, tasks)
Gains = dict[str, dict[str, Any]]

TOTAL = "all tasks"


def gains_from_sharing(
    tasks: Sequence[str], scores: Scores, valid_share: float
) -> Gains:
    """Each task's score in the network that all share, minus its score alone.

    Args:
        tasks: names.
        scores: validation scores by network.
        valid_share: see `resampled`.

    Returns:
        dict task -> the fields of `Resampled`, and `p_corrected`: of losing by
        sharing, by Holm's method over the tasks and their sum, which is under
        `"all tasks"`: where a network has room for one task, chance decides
        which one loses.
    """
    difference = scores[name_of((tuple(tasks),))] - scores[ALONE]
    found = {
        task: resampled(difference[:, i], valid_share)
        for i, task in enumerate(tasks)
    }
    return _corrected(
        {**found, TOTAL: resampled(_sum(difference), valid_share)}
    )


def gains_by_pair(
    tasks: Sequence[str], scores: Scores, valid_share: float
) -> dict[str, Gains]:
    """Each task's gain from sharing with one other task, minus alone.

    Args:
        tasks: names.
        scores: validation scores by network.
        valid_share: see `resampled`.

    Returns:
        dict task -> other -> as `gains_from_sharing`, corrected over all pairs.
    """
    found = {}
    for i, task in enumerate(tasks):
        for j, other in enumerate(tasks):
            if i != j:
                pair = tuple(tasks[k] for k in sorted((i, j)))
                shared = scores[name_of(pair_alone(tasks, pair))]
                difference = shared[:, i] - scores[ALONE][:, i]
                found[task, other] = resampled(difference, valid_share)
    corrected = _corrected(found)
    return {
        task: {
            other: corrected[task, other] for other in tasks if other != task
        }
        for task in tasks
    }


def best_network(scores: Scores) -> str:
    """The single network, or set of them, of the best mean score."""
    return max(scores, key=lambda name: _sum(scores[name]).mean())


def bound_of_search(scores: Scores, valid_share: float) -> dict[str, Any]:
    """What the best of all networks for each task gains over the best for all.

    A search that finds for every task what is best for it gains as much. The
    best of noisy means looks too good: both are chosen by all deals but one,
    and judged by that one, each in turn.

    Args:
        scores: validation scores by network.
        valid_share: see `resampled`.

    Returns:
        the fields of `Resampled`, of sums over the tasks; `naive`: the gain if
        the same deals choose and judge.
    """
    values = np.array([*scores.values()])  # (networks, deals, tasks)
    deals = np.arange(values.shape[1])
    found = []
    for deal in deals:
        means = values[:, deals != deal].mean(axis=1)
        found.append(_gain(means, values[:, deal]))
    means = values.mean(axis=1)
    return {
        **vars(resampled(found, valid_share)),
        "naive": _gain(means, means),
    }


def _gain(chosen_by: np.ndarray, judged_by: np.ndarray) -> float:
    """Best by task minus best for all, `(networks, tasks)` each."""
    tasks = np.arange(chosen_by.shape[1])
    by_task = judged_by[_sure(chosen_by).argmax(axis=0), tasks]
    for_all = judged_by[_sum(chosen_by).argmax()]
    return float(_sum(by_task - for_all))


def _sure(scores: np.ndarray) -> np.ndarray:
    """Scores that are not defined are nobody's best."""
    return np.where(np.isnan(scores), -np.inf, scores)


def _sum(scores: np.ndarray) -> np.ndarray:
    """Over the tasks whose score is defined."""
    return np.nansum(scores, axis=-1)


def _corrected(found: Mapping[Any, Resampled]) -> Any:
    """With p-values that are corrected for their number."""
    p_values = holm([each.p_loss for each in found.values()])
    return {
        key: {**vars(each), "p_corrected": p_value}
        for (key, each), p_value in zip(found.items(), p_values, strict=True)
    }


def is_loss(gain: Mapping[str, float], level: float = 0.05) -> bool:
    """Whether a gain is a loss beyond chance.

    Args:
        gain: of `gains_from_sharing` or `gains_by_pair`.
        level: float. Defaults to `0.05`.
    """
    p_value = gain["p_corrected"]
    return not math.isnan(p_value) and p_value < level
