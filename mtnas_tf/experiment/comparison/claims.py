"""Claims about a comparison's methods, by paired differences."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from mtnas_tf.config.search_config import PAPER_SETTING
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.methods import BEST_OF_MANY
from mtnas_tf.experiment.comparison.methods import EQUAL_COST
from mtnas_tf.experiment.comparison.methods import INHERITED
from mtnas_tf.experiment.comparison.methods import MEAN
from mtnas_tf.experiment.comparison.methods import PICKED
from mtnas_tf.experiment.comparison.methods import RANDOM
from mtnas_tf.experiment.comparison.methods import RANDOM_SUPERNET
from mtnas_tf.experiment.comparison.methods import RESTARTED
from mtnas_tf.experiment.comparison.methods import SEARCHED
from mtnas_tf.experiment.comparison.methods import Method
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import Pairs
from mtnas_tf.experiment.comparison.methods import Row
from mtnas_tf.experiment.comparison.methods import kind_of
from mtnas_tf.experiment.comparison.methods import search_of
from mtnas_tf.experiment.comparison.statistics import holm

Claim = dict[str, Any]


def claims(rows: Iterable[Row], is_one_space: bool = True) -> list[Claim]:
    """Paired differences, searched minus control, all tested together.

    The first search is compared with every baseline, with random routes, with
    the best hand-made route and with an MMoE of equal cost; further searches,
    which are other points of quality and cost or other methods, with random
    routes of their space and an MMoE of equal cost; the paper's search, which
    has a shape of its own, with an MMoE of equal cost in that shape. Networks
    picked among many trainings are compared with others that were. A search
    that found the networks of an earlier one is not tested again. Without a
    search every baseline is compared with MMoE.

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
    methods = Methods(rows)
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


def strongest_rivals(rows: Iterable[Row]) -> list[Claim]:
    """The best methods on test among those that were not searched.

    Returns:
        for what each search picked and retrained, a claim without a test: see
        `claims`.
    """
    methods = Methods(rows)
    found = []
    for method in methods.searched:
        is_best = kind_of(method) in BEST_OF_MANY
        rivals = [
            rival
            for rival in methods
            if rival[0] != SEARCHED
            and (kind_of(rival) in BEST_OF_MANY) == is_best
            and not (rival[1] is None and (rival[0], MEAN) in methods)
        ]
        if rivals:
            best = max(rivals, key=methods.score)
            claim = _claim(methods, method, best)
            found += [claim] if claim else []
    return found


def _questions(
    methods: Methods, is_one_space: bool
) -> Iterable[tuple[Method, Method]]:
    """Pairs of a searched method and a control."""
    if SEARCHED not in {model for model, _ in methods}:
        reference = methods.trained(BASELINE, MEAN)
        for name in methods.baselines:
            if name != BASELINE:
                yield methods.trained(name, MEAN), reference
    paper = (SEARCHED, f"{PAPER_SETTING} {INHERITED}")
    if paper in methods:
        yield paper, (EQUAL_COST, f"{PAPER_SETTING} {MEAN}")
    for method in methods.searched:
        is_first = search_of(method) == methods.first_search
        is_picked = kind_of(method) == PICKED
        if is_picked and not is_first:
            continue
        many = RESTARTED if is_picked else MEAN
        yield method, _random_routes(method, methods, many, is_one_space)
        if is_first:
            names = methods.baselines
            if not is_picked and (best := methods.best_hand_made):
                names = [best, *names]
            yield from ((method, methods.trained(n, many)) for n in names)
        narrow = methods.equal_cost(method, many)
        if narrow is not None:
            yield method, narrow


def _random_routes(
    method: Method, methods: Methods, many: str, is_one_space: bool
) -> Method:
    """Random routes of the space of a method's routes, if there are any."""
    is_of_supernet = (SEARCHED, f"{search_of(method)} {INHERITED}") in methods
    if is_of_supernet and not is_one_space:
        return RANDOM_SUPERNET, many
    return methods.trained(RANDOM, many)


def _claim(methods: Methods, of: Method, minus: Method) -> Claim | None:
    differences = {}
    for metric in ("score", "mtl_loss"):
        delta = methods.difference(of, minus, None, metric)
        if delta is None:
            return None
        differences[metric] = delta
    ours, others = methods.pairs(of), methods.pairs(minus)
    if _is_minus_the_score(ours) and _is_minus_the_score(others):
        del differences["mtl_loss"]  # one test, not two
    return {
        "of": of,
        "minus": minus,
        "num_pairs": len(ours),
        "cost_ratio": methods.cost_ratio(of, minus),
        "differences": differences,
    }


def _is_minus_the_score(pairs: Pairs) -> bool:
    """Whether the loss is minus the score, as for regressions."""
    return all(
        np.isclose(row["score"], -row["mtl_loss"], rtol=1e-6)
        for row in pairs.values()
    )
