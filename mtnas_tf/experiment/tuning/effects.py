"""What the values that were tuned did to the loss."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from mtnas_tf.experiment.tuned import RANGES

Row = dict[str, Any]

EDGE_SHARE = 0.1  # of a range, in logarithms, that counts as its end
LEAST_TRIALS = 5  # with fewer a rank correlation says nothing


@dataclasses.dataclass(frozen=True)
class Effect:
    """What one value of one method did.

    Args:
        method: string.
        name: key of `RANGES`.
        best: float. The value of the best trial.
        as_good: the least and the largest value of trials whose mean loss is
            within the best one's standard error of it.
        correlation: float. Rank correlation of value and loss; NaN of few
            trials.
        edge: `"lower"` or `"upper"` if the best is close to that end of the
            range or beyond it, `""` otherwise.
    """

    method: str
    name: str
    best: float
    as_good: tuple[float, float]
    correlation: float
    edge: str


def loss_of(trial: Row) -> float:
    """The mean validation loss of a trial; infinite if it failed.

    Args:
        trial: of `tune.json`, in which that is not a number.
    """
    loss = float(trial["loss"])
    return math.inf if math.isnan(loss) else loss


def trials_by_method(trials: Sequence[Row]) -> dict[str, list[Row]]:
    """The trials of each method, in their order.

    Args:
        trials: of `tune.json`.
    """
    found: dict[str, list[Row]] = {}
    for trial in trials:
        found.setdefault(trial["method"], []).append(trial)
    return found


def effects_of(trials: Sequence[Row]) -> list[Effect]:
    """The effect of every value of every method that has a trial of some loss.

    Args:
        trials: of `tune.json`.

    Example:
    >>> rows = [
    ...     {"method": "mmoe", "learning_rate": rate, "weight_decay": 1e-5,
    ...      "loss": loss, "std_error": 0.02}
    ...     for rate, loss in [(1e-3, 0.5), (2e-3, 0.51), (9e-3, 0.7)]
    ... ]
    >>> rate, decay = effects_of(rows)
    >>> rate.best, rate.as_good, rate.edge
    (0.001, (0.001, 0.002), '')
    """
    found = []
    for method, rows in trials_by_method(trials).items():
        known = [row for row in rows if math.isfinite(loss_of(row))]
        if known:
            found += [_effect(method, name, known) for name in RANGES]
    return found


def _effect(method: str, name: str, rows: Sequence[Row]) -> Effect:
    best = min(rows, key=loss_of)
    margin = float(np.nan_to_num(best["std_error"]))
    good = [r[name] for r in rows if loss_of(r) <= loss_of(best) + margin]
    return Effect(
        method,
        name,
        best[name],
        (min(good), max(good)),
        _correlation([row[name] for row in rows], [loss_of(r) for r in rows]),
        _edge(name, best[name]),
    )


def _correlation(values: Sequence[float], losses: Sequence[float]) -> float:
    is_varied = len({*values}) > 1 and len({*losses}) > 1
    if len(values) < LEAST_TRIALS or not is_varied:
        return math.nan
    return float(stats.spearmanr(values, losses).statistic)


def _edge(name: str, value: float) -> str:
    low, high = RANGES[name]
    if value <= 0:
        return "lower"
    place = math.log(value / low) / math.log(high / low)
    if place < EDGE_SHARE:
        return "lower"
    return "upper" if place > 1 - EDGE_SHARE else ""
