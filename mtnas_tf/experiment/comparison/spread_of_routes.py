"""Whether routes differ by more than starts do: the entry test of a search.

Within a pair, of a split and a seed, let routes have variance R among
themselves, and starts of one route variance S. Random routes, each trained from
a start of its own, then have variance R + S. The test is one of R = 0:

    F = variance of random routes / variance of starts

both over the pairs. The variance of starts is that of routes that were trained
again from several: what searches found, and the best hand-made route. They may
share their starts, so that a pair counts those once, however many routes have
them.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from mtnas_tf.experiment.comparison.methods import HAND_MADE
from mtnas_tf.experiment.comparison.methods import MEAN
from mtnas_tf.experiment.comparison.methods import RANDOM
from mtnas_tf.experiment.comparison.methods import RANDOM_SUPERNET
from mtnas_tf.experiment.comparison.methods import RETRAINED
from mtnas_tf.experiment.comparison.methods import SEARCHED
from mtnas_tf.experiment.comparison.methods import Method
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import Row
from mtnas_tf.experiment.comparison.methods import kind_of

SCORES = "valid_scores"  # of a row: the score of each of its trainings
# Below, a variance is known too badly for a test of any power.
LEAST_DEGREES = 5


def entry_test(rows: Iterable[Row]) -> dict[str, Any] | None:
    """Compares the spread between random routes with that between starts.

    By validation scores, which a search sees: the test split has no part in it.

    Args:
        rows: of a comparison.

    Returns:
        `{"std_routes", "std_starts", "f", "degrees", "p_value"}`: standard
        deviations, that of routes without what starts add to it; degrees of
        freedom of random routes and of starts; the p-value of the F test,
        `None` where there are fewer than five degrees of either. `None` without
        random routes, or without a route that was trained from several starts.

    Example:
    >>> first = {"split_seed": 0, "seed": 0, "route": None}
    >>> routes = {"model": "random_route", "variant": "mean"}
    >>> starts = {"model": "mtnas", "variant": "retrained"}
    >>> found = entry_test(
    ...     [
    ...         {**first, **routes, "valid_scores": [1.0, 3.0, 5.0]},
    ...         {**first, **starts, "valid_scores": [4.0, 5.0]},
    ...     ]
    ... )
    >>> found["f"], found["degrees"], found["p_value"]
    (8.0, (2, 1), None)

    Reference:
    - [Searle, Casella and McCulloch, 1992](https://doi.org/10.1002/9780470316856),
      section 3.5.
    """
    methods = Methods(rows)
    of_routes = _spreads(methods, _random(methods))
    of_starts = _spreads(methods, _restarted(methods))
    degrees = _degrees(of_routes), _degrees(of_starts)
    if not all(degrees):
        return None
    total, starts = _pooled(of_routes), _pooled(of_starts)
    if starts == 0 or np.isnan(total + starts):
        return None
    ratio = total / starts
    is_tested = min(degrees) >= LEAST_DEGREES
    return {
        "std_routes": float(max(total - starts, 0) ** 0.5),
        "std_starts": float(starts**0.5),
        "f": float(ratio),
        "degrees": degrees,
        "p_value": float(stats.f.sf(ratio, *degrees)) if is_tested else None,
    }


Pair = tuple[int, int]
Spreads = dict[Pair, list[Sequence[float]]]  # the scores of several trainings


def _random(methods: Methods) -> list[Method]:
    """Random routes of one space."""
    names: list[Method] = [(RANDOM, MEAN), (RANDOM_SUPERNET, MEAN)]
    return [name for name in names if _spreads(methods, [name])][:1]


def _restarted(methods: Methods) -> list[Method]:
    """Methods whose rows are means of one route's trainings."""
    return [
        method
        for method in methods
        if (method[0] == SEARCHED and kind_of(method) == RETRAINED)
        or (method[0] in HAND_MADE and method[1] == MEAN)
    ]


def _spreads(methods: Methods, chosen: Sequence[Method]) -> Spreads:
    found: Spreads = {}
    for method in chosen:
        for pair, row in methods.pairs(method).items():
            if len(row.get(SCORES, ())) > 1:
                found.setdefault(pair, []).append(row[SCORES])
    return found


def _degrees(spreads: Spreads) -> int:
    """Degrees of freedom; routes of one pair may share their starts."""
    return sum(max(map(len, of_pair)) - 1 for of_pair in spreads.values())


def _pooled(spreads: Spreads) -> float:
    """The mean variance, weighted by degrees of freedom."""
    variances = {
        pair: np.mean([np.var(scores, ddof=1) for scores in of_pair])
        for pair, of_pair in spreads.items()
    }
    weights = {pair: max(map(len, own)) - 1 for pair, own in spreads.items()}
    total = sum(variances[pair] * weights[pair] for pair in spreads)
    return float(total / sum(weights.values()))
