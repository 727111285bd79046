import math

import numpy as np
import pytest
from scipy import stats

from mtnas_tf.experiment.comparison.statistics import holm
from mtnas_tf.experiment.comparison.summary import HAND_MADE
from mtnas_tf.experiment.comparison.summary import best_hand_made
from mtnas_tf.experiment.comparison.summary import claims
from mtnas_tf.experiment.comparison.summary import difference
from mtnas_tf.experiment.comparison.summary import strongest_rivals
from mtnas_tf.experiment.comparison.summary import summarize
from mtnas_tf.routes import RouteSpace

PAIRS = [(0, 3), (0, 4), (1, 5), (1, 6), (2, 7), (2, 8)]  # split, seed
TASKS = ("click", "buy")
MMOE = ("mmoe", None)
PICKED = ("mtnas", "picked")
RETRAINED = ("mtnas", "retrained")
RNG = np.random.default_rng(0)


def make_row(pair, score, method=MMOE, tasks=TASKS, multiply_adds=None):
    """A row whose numbers all follow from its score."""
    return {
        "model": method[0],
        "variant": method[1],
        "split_seed": pair[0],
        "seed": pair[1],
        "score": score,
        "mtl_loss": 3 - 2 * score,
        "valid_score": score / 4,
        "multiply_adds": multiply_adds,
        "test": {
            task: {"auc": score / 2, "log_loss": index + score}
            for index, task in enumerate(tasks)
        },
    }


def make_rows(method, scores, pairs=PAIRS, **kwargs):
    return [
        make_row(pair, score, method, **kwargs)
        for pair, score in zip(pairs, scores, strict=True)
    ]


def drawn(*methods, **kwargs):
    """Rows of methods with scores of their own."""
    return [
        row
        for method in methods
        for row in make_rows(method, RNG.normal(1.5, 0.1, 6), **kwargs)
    ]


def by_split(values):
    return np.reshape(values, (3, 2)).mean(axis=1)


def scores_of(rows, method):
    return np.array(
        [r["score"] for r in rows if (r["model"], r["variant"]) == method]
    )


def entry_of(rows, method, metric, task=None):
    (entry,) = (
        entry
        for entry in summarize(rows)
        if (entry["model"], entry["variant"], entry["task"], entry["metric"])
        == (*method, task, metric)
    )
    return entry


def questions(rows, **kwargs):
    return [(claim["of"], claim["minus"]) for claim in claims(rows, **kwargs)]


SCORES = {
    MMOE: [1.5, 1.3, 1.4, 1.7, 1.2, 1.6],
    RETRAINED: [1.6, 1.35, 1.3, 1.9, 1.3, 1.9],
}
ROWS = [
    row
    for method, scores in SCORES.items()
    for row in make_rows(method, scores)
]
METRICS = {
    (None, "mtl_loss"): lambda scores: 3 - 2 * scores,
    (None, "score"): lambda scores: scores,
    ("click", "auc"): lambda scores: scores / 2,
    ("click", "log_loss"): lambda scores: scores,
    ("buy", "auc"): lambda scores: scores / 2,
    ("buy", "log_loss"): lambda scores: 1 + scores,
}


def test_every_method_and_metric_has_an_entry_the_best_first():
    received = [
        ((e["model"], e["variant"]), (e["task"], e["metric"]))
        for e in summarize(ROWS)
    ]
    methods = (RETRAINED, MMOE)
    assert received == [(m, metric) for m in methods for metric in METRICS]


def test_what_has_no_score_comes_last():
    rows = make_rows(("ple", None), [math.nan] * 6) + ROWS
    assert summarize(rows)[-1]["model"] == "ple"


@pytest.mark.parametrize(("task", "metric"), METRICS)
def test_means_and_differences_are_of_splits(task, metric):
    values, baseline = (
        METRICS[task, metric](np.array(SCORES[method]))
        for method in (RETRAINED, MMOE)
    )
    entry = entry_of(ROWS, RETRAINED, metric, task)
    assert entry["mean"] == pytest.approx(np.mean(values))
    assert entry["std_error"] == pytest.approx(stats.sem(by_split(values)))
    gaps = by_split(values - baseline)
    assert entry["delta_vs_mmoe"] == pytest.approx(gaps.mean())
    assert entry["delta_std_error"] == pytest.approx(stats.sem(gaps))


def test_the_baseline_is_not_compared_with_itself():
    assert "delta_vs_mmoe" not in entry_of(ROWS, MMOE, "score")


def test_like_is_compared_with_like():
    mean, best = ("mmoe", "mean"), ("mmoe", "restarted")
    rows = ROWS + drawn(mean, best, PICKED, ("ple", "restarted"))
    for method, reference in (
        (RETRAINED, mean),
        (MMOE, mean),
        (PICKED, best),
        (("ple", "restarted"), best),
    ):
        entry = entry_of(rows, method, "score")
        gap = scores_of(rows, method).mean() - scores_of(rows, reference).mean()
        assert entry["delta_vs_mmoe"] == pytest.approx(gap)
    for method in (mean, best):
        assert "delta_vs_mmoe" not in entry_of(rows, method, "score")
    # The best of many is not compared with one.
    rows = ROWS + drawn(PICKED)
    assert "delta_vs_mmoe" not in entry_of(rows, PICKED, "score")


def test_rows_of_a_pair_find_each_other_in_any_order():
    pairs = [(0, 1), (1, 0), (0, 0)]
    rows = make_rows(MMOE, [1.0, 1.2, 1.9], pairs)
    rows += make_rows(RETRAINED, [1.1, 1.3, 2.0], pairs)[::-1]
    entry = entry_of(rows, RETRAINED, "score")
    assert entry["delta_vs_mmoe"] == pytest.approx(0.1)
    assert entry["delta_std_error"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("pairs", [PAIRS[:5], [*PAIRS[:5], (1, 7)]])
def test_other_pairs_are_not_compared(pairs):
    rows = make_rows(MMOE, SCORES[MMOE])
    rows += make_rows(RETRAINED, [1.0] * len(pairs), pairs)
    entry = entry_of(rows, RETRAINED, "score")
    assert entry["mean"] == 1.0
    assert "delta_vs_mmoe" not in entry
    assert claims(rows) == strongest_rivals(rows) == []


def test_one_pair_has_no_errors():
    rows = make_rows(MMOE, [1.0], PAIRS[:1])
    rows += make_rows(RETRAINED, [1.25], PAIRS[:1])
    entry = entry_of(rows, RETRAINED, "score")
    assert entry["delta_vs_mmoe"] == 0.25
    for name in ("std_error", "delta_std_error"):
        assert math.isnan(entry[name])


@pytest.mark.parametrize("tasks", [("buy", "buy_log"), ("buy_log", "buy")])
def test_task_called_like_the_metric_of_another(tasks):
    rows = make_rows(MMOE, [1.5], PAIRS[:1], tasks=tasks)
    for index, task in enumerate(tasks):
        entry = entry_of(rows, MMOE, "log_loss", task)
        assert entry["mean"] == index + 1.5


BASELINES = ("single_task", "mmoe", "ple")


def test_the_first_search_meets_every_control():
    once = [(name, None) for name in (*BASELINES, "random_route")]
    means = [(name, "mean") for name in (*BASELINES, "random_route")]
    best = [(name, "restarted") for name in (*BASELINES, "random_route")]
    rows = drawn(PICKED, RETRAINED, *once, *means, *best)
    rows += make_rows(("full_route", None), [1.7] * 6)
    rows += make_rows(("chain_route", None), [1.75] * 6)
    rows += drawn(("mmoe", "paper_shape"))
    expected = [
        *((PICKED, method) for method in (best[-1], *best[:-1])),
        (RETRAINED, means[-1]),
        (RETRAINED, ("chain_route", None)),
        *((RETRAINED, method) for method in means[:-1]),
    ]
    assert questions(rows) == expected
    # Trained again, it is compared by its mean; so is an MMoE of equal cost.
    narrow = [("mmoe_equal_cost", "mean"), ("mmoe_equal_cost", "restarted")]
    rows += drawn(("chain_route", "mean"), *narrow)
    expected[expected.index((RETRAINED, ("chain_route", None)))] = (
        RETRAINED,
        ("chain_route", "mean"),
    )
    expected.insert(4, (PICKED, narrow[1]))
    assert questions(rows) == [*expected, (RETRAINED, narrow[0])]


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
    first, second = strongest_rivals(rows)
    assert (first["of"], first["minus"]) == (
        PICKED,
        ("single_task", "restarted"),
    )
    assert first["differences"]["score"]["mean"] == pytest.approx(-0.02)
    assert (second["of"], second["minus"]) == (RETRAINED, ("ple", "mean"))
    # Another base net is a rival, too.
    rows += make_rows(("mmoe", "plain_gates"), [1.6] * 6)
    assert strongest_rivals(rows)[1]["minus"] == ("mmoe", "plain_gates")


def test_hand_made_routes_are_those_of_the_space():
    space = RouteSpace(TASKS, 2, 2, value_scope="all_prev")
    assert set(space.hand_made_routes()) == set(HAND_MADE)


def test_the_best_hand_made_route_is_chosen_on_validation():
    rows = make_rows(("full_route", None), [1.4] * 6)
    rows += make_rows(("chain_route", None), [1.3] * 6)
    assert best_hand_made(rows) == "full_route"
    for row in rows[6:]:
        row["valid_score"] = 2.0  # though worse on test
    assert best_hand_made(rows) == "chain_route"
    assert best_hand_made(drawn(MMOE)) is None


def test_a_difference_is_of_one_method_in_two_sets_of_rows():
    ours, others = (make_rows(PICKED, SCORES[key]) for key in SCORES)
    gaps = by_split(np.array(SCORES[RETRAINED]) - np.array(SCORES[MMOE]))
    delta = difference(others, ours[::-1], PICKED, "score")
    assert delta["mean"] == pytest.approx(gaps.mean())
    assert delta["std_error"] == pytest.approx(stats.sem(gaps))
    assert delta["num_pairs"] == 6
    assert difference(others, ours[:3], PICKED, "score") is None
    assert difference(others, ours, MMOE, "score") is None
