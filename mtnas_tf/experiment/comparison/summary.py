"""Means over a comparison's rows, and what is claimed of them.

Pairs of one split share its rows: they count as one, see `clustered_mean`.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from mtnas_tf.config.search_config import PAPER_SETTING
from mtnas_tf.experiment.comparison.statistics import clustered_mean
from mtnas_tf.experiment.comparison.statistics import holm

BASELINE = "mmoe"
SEARCHED = "mtnas"
RANDOM = "random_route"
RANDOM_SUPERNET = "random_supernet_route"  # of the space that a supernet has
RANDOMS = (RANDOM, RANDOM_SUPERNET)
HAND_MADE = (
    "full_route",
    "disjoint_route",
    "chain_route",
    "one_layer_route",
    "one_layer_disjoint_route",
)
EQUAL_COST = "mmoe_equal_cost"
MEAN = "mean"
RESTARTED = "restarted"
PICKED = "picked"
RETRAINED = "retrained"
# Networks picked as the best of many trainings; all else is no choice of a
# training, and is compared with what is none either.
BEST_OF_MANY = (PICKED, RESTARTED)
# A network whose multiply-adds differ by no more is as costly.
COST_TOLERANCE = 0.05

Row = dict[str, Any]
Method = tuple[str, str | None]  # model, variant
Pairs = dict[tuple[int, int], Row]  # (split, seed) -> a method's row
Methods = dict[Method, Pairs]


def summarize(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Mean and standard error of every metric of every method.

    The best score comes first. `delta_vs_mmoe` is paired by split and seed; a
    network that is the best of many trainings is compared with the best of
    MMoE's, any other with MMoE's mean, if it was trained more than once.

    Returns:
        a dict for each: `model`, `variant`, `task` (`None` for the sums over
        tasks, `mtl_loss` and `score`), `metric`, `mean`, `std_error` and, where
        there is an MMoE of the same pairs, `delta_vs_mmoe` and
        `delta_std_error`.
    """
    methods = _by_method(rows)
    ranked = sorted(methods, key=lambda m: _rank(methods[m]), reverse=True)
    return [
        _entry(methods, method, task, metric)
        for method in ranked
        for task, metric in _metrics(next(iter(methods[method].values())))
    ]


def claims(
    rows: Iterable[Row], is_one_space: bool = True
) -> list[dict[str, Any]]:
    """Paired differences, searched minus control, all tested together.

    The first search is compared with every baseline, with random routes, with
    the best hand-made route and with an MMoE of equal cost; further searches,
    which are other points of quality and cost or other methods, with random
    routes of their space and an MMoE of equal cost; the paper's, in a shape of
    its own, with an MMoE of equal cost in that shape. What was picked among
    many trainings is compared with what was too.

    Args:
        rows: of a comparison.
        is_one_space: whether a supernet's routes are of the space that random
            ones are drawn from. Defaults to `True`.

    Returns:
        a dict for each: `of` and `minus` (a model and a variant), `num_pairs`,
        `cost_ratio` (of the multiply-adds; `None` where one has no single
        network) and `differences`: for `score` and `mtl_loss` (left out where
        it is minus the score) what `clustered_mean` returns and `p_corrected`,
        by Holm's method over all of them.
    """
    methods = _by_method(rows)
    found = [
        claim
        for of, minus in _questions(methods, is_one_space)
        if (claim := _claim(methods, of, minus)) is not None
    ]
    tests = [test for claim in found for test in claim["differences"].values()]
    corrected = holm([test["p_value"] for test in tests])
    for test, p_value in zip(tests, corrected, strict=True):
        test["p_corrected"] = p_value
    return found


def strongest_rivals(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """What scores best on test of all that was not searched.

    Returns:
        for the picked and the retrained networks of the first search that made
        them, a claim without a test: see `claims`.
    """
    methods = _by_method(rows)
    found = []
    for kind in (PICKED, RETRAINED):
        ours = [
            method for method in _searched(methods) if kind_of(method) == kind
        ]
        rivals = [
            method
            for method in methods
            if method[0] != SEARCHED
            and (kind_of(method) in BEST_OF_MANY) == (kind in BEST_OF_MANY)
            and not (method[1] is None and (method[0], MEAN) in methods)
        ]
        if ours and rivals:
            best = max(rivals, key=lambda m: _rank(methods[m]))
            claim = _claim(methods, ours[0], best)
            found += [claim] if claim else []
    return found


def difference(
    rows: Iterable[Row], others: Iterable[Row], method: Method, metric: str
) -> dict[str, Any] | None:
    """A method in some rows minus the same in others, paired.

    Args:
        rows: of one comparison.
        others: of another.
        method: a model and a variant.
        metric: `"score"` or `"mtl_loss"`.

    Returns:
        what `clustered_mean` returns, and `num_pairs`; `None` if there are
        other pairs of one than of the other.
    """
    ours = _by_method(rows).get(method, {})
    theirs = _by_method(others).get(method, {})
    delta = _difference(ours, theirs, None, metric)
    return delta and {**delta, "num_pairs": len(ours)}


def best_hand_made(rows: Iterable[Row]) -> str | None:
    """Name of the hand-made route that scores best on validation.

    Args:
        rows: of a comparison, which trains each once for every pair.

    Returns:
        one of `HAND_MADE`, or `None` if there are no such rows.
    """
    return _best_hand_made(_by_method(rows))


def search_of(method: Method) -> str:
    """Which search: empty for the plain one, `cost 0.1`, `reinforce`."""
    return (method[1] or "").rpartition(" ")[0]


def kind_of(method: Method) -> str:
    """The last word of a variant: `picked`, `retrained`, `mean`."""
    return (method[1] or "").rpartition(" ")[-1]


def mean_cost(rows: Iterable[Row], method: Method) -> float:
    """Mean multiply-adds of a method, all of whose rows have a network's."""
    pairs = _by_method(rows)[method].values()
    return float(np.mean([row["multiply_adds"] for row in pairs]))


def _questions(
    methods: Methods, is_one_space: bool
) -> Iterable[tuple[Method, Method]]:
    """Pairs of a searched method and a control."""
    paper = (SEARCHED, f"{PAPER_SETTING} inherited")
    if paper in methods:
        yield paper, (EQUAL_COST, f"{PAPER_SETTING} {MEAN}")
    first = _first_search(methods)
    for method in _searched(methods):
        search, kind = search_of(method), kind_of(method)
        many = RESTARTED if kind == PICKED else MEAN
        if search != first and kind == PICKED:
            continue
        yield method, _random_routes(method, methods, many, is_one_space)
        if search == first:
            if kind == RETRAINED:
                yield from ((method, m) for m in _hand_made(methods))
            yield from ((method, m) for m in _baselines(methods, many))
        yield from ((method, m) for m in _equal_cost(methods, method, many))


def _searched(methods: Methods) -> list[Method]:
    """What is compared with networks of its own shape."""
    return [
        method
        for method in methods
        if method[0] == SEARCHED and kind_of(method) in (PICKED, RETRAINED)
    ]


def _first_search(methods: Methods) -> str:
    return search_of(next(iter(_searched(methods)), (SEARCHED, None)))


def _random_routes(
    method: Method, methods: Methods, many: str, is_one_space: bool
) -> Method:
    """Of the space that a method's routes are of; perhaps not there."""
    is_of_supernet = (SEARCHED, f"{search_of(method)} inherited") in methods
    if is_of_supernet and not is_one_space:
        return RANDOM_SUPERNET, many
    return _trained(methods, RANDOM, many)


def _hand_made(methods: Methods) -> list[Method]:
    """The best hand-made route."""
    best = _best_hand_made(methods)
    return [] if best is None else [_trained(methods, best, MEAN)]


def _best_hand_made(methods: Methods) -> str | None:
    scores = {
        name: float(np.mean([row["valid_score"] for row in pairs.values()]))
        for name in HAND_MADE
        if (pairs := methods.get((name, None)))
    }
    return max(scores, key=scores.__getitem__) if scores else None


def _baselines(methods: Methods, many: str) -> list[Method]:
    special = {SEARCHED, EQUAL_COST, *RANDOMS, *HAND_MADE}
    names = dict.fromkeys(name for name, _ in methods if name not in special)
    return [_trained(methods, name, many) for name in names]


def _trained(methods: Methods, name: str, many: str) -> Method:
    """A method's mean, or its one training if it has no more."""
    if many == MEAN and (name, MEAN) not in methods:
        return name, None
    return name, many


def _equal_cost(methods: Methods, method: Method, many: str) -> list[Method]:
    """A narrow MMoE, or MMoE itself where it costs the same."""
    narrow = (EQUAL_COST, f"{search_of(method)} {many}".strip())
    if narrow in methods:
        return [narrow]
    is_first = search_of(method) == _first_search(methods)
    plain = (BASELINE, many)
    if is_first or plain not in methods:  # among the baselines already
        return []
    ratio = _cost_ratio(methods[method], methods[plain])
    is_equal = ratio is not None and abs(ratio - 1) <= COST_TOLERANCE
    return [plain] if is_equal else []


def _claim(
    methods: Methods, of: Method, minus: Method
) -> dict[str, Any] | None:
    ours, others = methods[of], methods.get(minus, {})
    differences = {}
    for metric in ("score", "mtl_loss"):
        delta = _difference(ours, others, None, metric)
        if delta is None:
            return None
        differences[metric] = delta
    if _is_minus_the_score(ours) and _is_minus_the_score(others):
        del differences["mtl_loss"]  # one test, not two
    return {
        "of": of,
        "minus": minus,
        "num_pairs": len(ours),
        "cost_ratio": _cost_ratio(ours, others),
        "differences": differences,
    }


def _is_minus_the_score(pairs: Pairs) -> bool:
    """As in regressions, whose score is minus their loss."""
    return all(
        np.isclose(row["score"], -row["mtl_loss"], rtol=1e-6)
        for row in pairs.values()
    )


def _entry(
    methods: Methods, method: Method, task: str | None, metric: str
) -> dict[str, Any]:
    pairs = methods[method]
    found = clustered_mean(
        [_value(row, task, metric) for row in pairs.values()],
        [split for split, _ in pairs],
    )
    entry = {
        "model": method[0],
        "variant": method[1],
        "task": task,
        "metric": metric,
        "mean": found["mean"],
        "std_error": found["std_error"],
    }
    reference = _reference(methods, method)
    delta = None
    if method != reference:
        others = methods.get(reference, {})
        delta = _difference(pairs, others, task, metric)
    if delta is not None:
        entry[f"delta_vs_{BASELINE}"] = delta["mean"]
        entry["delta_std_error"] = delta["std_error"]
    return entry


def _reference(methods: Methods, method: Method) -> Method:
    """MMoE trained as a method was."""
    many = RESTARTED if kind_of(method) in BEST_OF_MANY else MEAN
    return _trained(methods, BASELINE, many)


def _by_method(rows: Iterable[Row]) -> Methods:
    groups: Methods = {}
    for row in rows:
        pairs = groups.setdefault((row["model"], row["variant"]), {})
        pairs[row["split_seed"], row["seed"]] = row
    return groups


def _difference(
    ours: Pairs, others: Pairs, task: str | None, metric: str
) -> dict[str, Any] | None:
    if not ours or set(ours) != set(others):
        return None
    return clustered_mean(
        [
            _value(row, task, metric) - _value(others[pair], task, metric)
            for pair, row in ours.items()
        ],
        [split for split, _ in ours],
    )


def _rank(pairs: Pairs) -> float:
    """Mean score; what has none comes last."""
    score = float(np.mean([row["score"] for row in pairs.values()]))
    return -np.inf if np.isnan(score) else score


def _cost_ratio(ours: Pairs, others: Pairs) -> float | None:
    costs = [_mean_cost(pairs) for pairs in (ours, others)]
    if costs[0] is None or costs[1] is None:
        return None
    return costs[0] / costs[1]


def _mean_cost(pairs: Pairs) -> float | None:
    costs = [row["multiply_adds"] for row in pairs.values()]
    return None if None in costs or not costs else float(np.mean(costs))


def _metrics(row: Row) -> list[tuple[str | None, str]]:
    """The sums over tasks, then each task's metrics."""
    of_tasks = [
        (task, name) for task, values in row["test"].items() for name in values
    ]
    return [(None, "mtl_loss"), (None, "score"), *of_tasks]


def _value(row: Row, task: str | None, metric: str) -> float:
    values = row if task is None else row["test"][task]
    return float(values[metric])
