import math

import numpy as np
import pytest
from scipy import stats
from toy_rows import MMOE
from toy_rows import PAIRS
from toy_rows import PICKED
from toy_rows import RETRAINED
from toy_rows import SCORES
from toy_rows import TASKS
from toy_rows import by_split
from toy_rows import drawn
from toy_rows import make_rows
from toy_rows import scores_of

from mtnas_tf.experiment.comparison.claims import claims
from mtnas_tf.experiment.comparison.claims import strongest_rivals
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.statistics import holm
from mtnas_tf.routes import RouteSpace


def questions(rows, **kwargs):
    return [(claim["of"], claim["minus"]) for claim in claims(rows, **kwargs)]


BASELINES = ("single_task", "mmoe", "ple")


def test_further_searches_meet_random_routes_and_equal_cost():
    cheap = [("mtnas", f"cost 0.1 {kind}") for kind in ("picked", "retrained")]
    rows = drawn(RETRAINED, *cheap, ("random_route", "mean"), MMOE)
    control = ("random_route", "mean")
    assert questions(rows)[-1] == (cheap[1], control)
    assert not [of for of, _ in questions(rows) if of == cheap[0]]
    narrow = ("mmoe_equal_cost", "cost 0.1 mean")
    rows += drawn(narrow)
    assert questions(rows)[-2:] == [(cheap[1], control), (cheap[1], narrow)]


@pytest.mark.parametrize(("cost", "is_equal"), [(104, True), (106, False)])
def test_mmoe_itself_is_the_control_where_it_costs_as_much(cost, is_equal):
    mean = ("mmoe", "mean")
    cheap = ("mtnas", "cost 0.1 retrained")
    rows = drawn(RETRAINED, mean, multiply_adds=100)
    rows += drawn(cheap, multiply_adds=cost)
    assert ((cheap, mean) in questions(rows)) == is_equal


def test_a_supernet_meets_random_routes_of_its_own_space():
    inherited = ("mtnas", "reinforce inherited")
    found = ("mtnas", "reinforce retrained")
    other, own = ("random_route", "mean"), ("random_supernet_route", "mean")
    rows = drawn(RETRAINED, inherited, found, other)
    assert questions(rows, is_one_space=True)[-1] == (found, other)
    without = questions(rows, is_one_space=False)
    assert without == [(RETRAINED, other)]
    rows += drawn(own)
    assert questions(rows, is_one_space=False) == [*without, (found, own)]


def test_a_search_of_one_training_meets_single_ones():
    found = ("mtnas", "uniform retrained")
    rows = drawn(("mtnas", "uniform inherited"), found, MMOE)
    rows += drawn(("random_route", None))
    assert questions(rows) == [
        (found, ("random_route", None)),
        (found, MMOE),
    ]


def test_claims_are_differences_of_splits_corrected_together():
    controls = [("random_route", "mean"), *((n, "mean") for n in BASELINES)]
    rows = drawn(RETRAINED, *controls)
    found = claims(rows)
    tests = []
    for claim in found:
        gaps = by_split(
            scores_of(rows, RETRAINED) - scores_of(rows, claim["minus"])
        )
        assert claim["num_pairs"] == 6
        for metric, factor in (("score", 1), ("mtl_loss", -2)):
            test = claim["differences"][metric]
            assert test["mean"] == pytest.approx(factor * gaps.mean())
            assert test["std_error"] == pytest.approx(
                2 ** (factor < 0) * stats.sem(gaps)
            )
            expected = stats.ttest_1samp(gaps, 0).pvalue
            assert test["p_value"] == pytest.approx(expected)
            tests.append(test)
    assert len(tests) == 8
    corrected = holm([test["p_value"] for test in tests])
    assert [test["p_corrected"] for test in tests] == corrected


def test_a_loss_that_is_minus_the_score_is_not_tested_twice():
    rows = drawn(RETRAINED, MMOE)
    for row in rows:
        row["mtl_loss"] = -row["score"]
    (claim,) = claims(rows)
    assert list(claim["differences"]) == ["score"]
    test = claim["differences"]["score"]
    assert test["p_corrected"] == test["p_value"]


def test_one_split_has_no_p_values():
    pairs = PAIRS[:2]
    rows = make_rows(RETRAINED, [1.5, 1.7], pairs)
    rows += make_rows(MMOE, [1.4, 1.5], pairs)
    (claim,) = claims(rows)
    test = claim["differences"]["score"]
    assert test["std_error"] == pytest.approx(0.05)
    assert math.isnan(test["p_value"]) and math.isnan(test["p_corrected"])


def test_a_claim_compares_costs_of_networks():
    rows = make_rows(RETRAINED, SCORES[RETRAINED], multiply_adds=30)
    rows[0]["multiply_adds"] = 60  # of another pair's route
    rows += make_rows(MMOE, SCORES[MMOE], multiply_adds=70)
    rows += make_rows(("random_route", "mean"), SCORES[MMOE])
    ratios = {c["minus"]: c["cost_ratio"] for c in claims(rows)}
    assert ratios == {MMOE: 0.5, ("random_route", "mean"): None}


def test_nothing_is_claimed_without_a_search_or_controls():
    assert claims([]) == strongest_rivals([]) == []
    assert claims(drawn(MMOE)) == claims(drawn(RETRAINED)) == []


def test_the_strongest_rival_is_whichever_scores_best():
    rows = make_rows(PICKED, [1.5] * 6) + make_rows(RETRAINED, [1.45] * 6)
    for method, score in (
        (("mmoe", "restarted"), 1.46),
        (("single_task", "restarted"), 1.52),
        (("ple", "mean"), 1.43),
        (("mmoe", "mean"), 1.42),
        (MMOE, 1.9),  # a training of the mean
        (("chain_route", None), 1.4),
    ):
        rows += make_rows(method, [score] * 6)
    second, first = strongest_rivals(rows)  # means precede the best
    assert (first["of"], first["minus"]) == (
        PICKED,
        ("single_task", "restarted"),
    )
    assert first["differences"]["score"]["mean"] == pytest.approx(-0.02)
    assert (second["of"], second["minus"]) == (RETRAINED, ("ple", "mean"))
    # Another base net is a rival, too.
    rows += make_rows(("mmoe", "plain_gates"), [1.6] * 6)
    assert strongest_rivals(rows)[0]["minus"] == ("mmoe", "plain_gates")


@pytest.mark.parametrize("pairs", [PAIRS[:5], [*PAIRS[:5], (1, 7)]])
def test_other_pairs_are_not_compared(pairs):
    rows = make_rows(MMOE, SCORES[MMOE])
    rows += make_rows(RETRAINED, [1.0] * len(pairs), pairs)
    assert claims(rows) == strongest_rivals(rows) == []


def routed(rows, route):
    return [{**row, "route": route.to_dict()} for row in rows]


SPACE = RouteSpace(TASKS, 2, 2, value_scope="all_prev")
CHEAP = [("mtnas", f"cost 0.1 {kind}") for kind in ("picked", "retrained")]


def test_a_search_that_found_what_another_did_is_one_question():
    random = ("random_route", "mean")
    full = SPACE.full_route()
    rows = drawn(random)
    alone = claims(rows + routed(drawn(RETRAINED), full))
    first = routed(make_rows(RETRAINED, SCORES[RETRAINED]), full)
    # Trained again, the same networks differ by rounding alone.
    again = routed(
        make_rows(CHEAP[1], np.array(SCORES[RETRAINED]) + 1e-7), full
    )
    received = claims([*rows, *first, *again])
    assert [(c["of"], c["minus"]) for c in received] == [(RETRAINED, random)]
    assert len(received) == len(alone)
    (test, _) = received[0]["differences"].values()
    assert test["p_corrected"] <= 2 * test["p_value"]
    assert Methods([*first, *again]).twins == {CHEAP[1]: RETRAINED}
    # In one pair another route: another question.
    again[0]["route"] = SPACE.hand_made.chain().to_dict()
    received = claims([*rows, *first, *again])
    assert [c["of"] for c in received] == [RETRAINED, CHEAP[1]]


def test_picked_networks_of_one_route_may_differ():
    full = SPACE.full_route()
    rows = routed(make_rows(PICKED, [1.5] * 6), full)
    same = routed(make_rows(CHEAP[0], [1.5] * 6), full)
    other = routed(make_rows(CHEAP[0], [1.5] * 5 + [1.4]), full)
    assert Methods(rows + same).twins == {CHEAP[0]: PICKED}
    assert Methods(rows + other).twins == {}


def test_every_search_has_its_strongest_rival():
    rows = drawn(PICKED, RETRAINED, *CHEAP, ("mtnas", "uniform retrained"))
    rows += make_rows(("mmoe", "restarted"), [1.5] * 6)
    rows += make_rows(("mmoe", "mean"), [1.4] * 6)
    received = {c["of"]: c["minus"] for c in strongest_rivals(rows)}
    best, mean = ("mmoe", "restarted"), ("mmoe", "mean")
    assert received == {
        PICKED: best,
        RETRAINED: mean,
        CHEAP[0]: best,
        CHEAP[1]: mean,
        ("mtnas", "uniform retrained"): mean,
    }
