import math

import numpy as np
import pytest
from scipy import stats

from mtnas_tf.experiment.summary import CONTROLS
from mtnas_tf.experiment.summary import claims
from mtnas_tf.experiment.summary import difference
from mtnas_tf.experiment.summary import summarize

PAIRS = [(0, 3), (0, 4), (1, 5), (1, 6)]  # split, seed
TASKS = ("click", "buy")
MMOE = ("mmoe", None)
PICKED = ("mtnas", "picked")
RNG = np.random.default_rng(0)


def make_row(pair, score, method=MMOE, tasks=TASKS, multiply_adds=None):
    """A row whose numbers all follow from its score."""
    return {
        "model": method[0],
        "variant": method[1],
        "split_seed": pair[0],
        "seed": pair[1],
        "score": score,
        "mtl_loss": 3 - score,
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


def entry_of(rows, method, metric):
    (entry,) = (
        entry
        for entry in summarize(rows)
        if (entry["model"], entry["variant"], entry["metric"])
        == (*method, metric)
    )
    return entry


SCORES = {MMOE: [1.5, 1.3, 1.4, 1.7], PICKED: [1.6, 1.35, 1.3, 1.9]}
ROWS = [
    row
    for method, scores in SCORES.items()
    for row in make_rows(method, scores)
]
METRICS = {
    "mtl_loss": lambda scores: 3 - scores,
    "score": lambda scores: scores,
    "click_auc": lambda scores: scores / 2,
    "click_log_loss": lambda scores: scores,
    "buy_auc": lambda scores: scores / 2,
    "buy_log_loss": lambda scores: 1 + scores,
}


def test_every_method_and_metric_has_an_entry():
    received = [
        (e["model"], e["variant"], e["metric"]) for e in summarize(ROWS)
    ]
    expected = [(*method, metric) for method in SCORES for metric in METRICS]
    assert received == expected


@pytest.mark.parametrize("metric", METRICS)
def test_means_and_paired_differences_of_scipy(metric):
    values, baseline = (
        METRICS[metric](np.array(SCORES[method])) for method in (PICKED, MMOE)
    )
    entry = entry_of(ROWS, PICKED, metric)
    assert entry["mean"] == pytest.approx(np.mean(values))
    assert entry["std_error"] == pytest.approx(stats.sem(values))
    gaps = values - baseline
    assert entry["delta_vs_mmoe"] == pytest.approx(gaps.mean())
    assert entry["delta_std_error"] == pytest.approx(stats.sem(gaps))
    p_value = stats.ttest_rel(values, baseline).pvalue
    assert entry["p_value"] == pytest.approx(p_value)


def test_the_baseline_is_not_compared_with_itself():
    assert "delta_vs_mmoe" not in entry_of(ROWS, MMOE, "score")


def test_rows_of_a_pair_find_each_other_in_any_order():
    pairs = [(0, 1), (1, 0), (0, 0)]
    rows = make_rows(MMOE, [1.0, 1.2, 1.9], pairs)
    rows += make_rows(PICKED, [1.1, 1.3, 2.0], pairs)[::-1]
    entry = entry_of(rows, PICKED, "score")
    assert entry["delta_vs_mmoe"] == pytest.approx(0.1)
    assert entry["delta_std_error"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("pairs", [PAIRS[:3], [*PAIRS[:3], (1, 7)]])
def test_other_pairs_are_not_compared(pairs):
    rows = make_rows(MMOE, SCORES[MMOE])
    rows += make_rows(PICKED, [1.0] * len(pairs), pairs)
    entry = entry_of(rows, PICKED, "score")
    assert entry["mean"] == 1.0
    assert "delta_vs_mmoe" not in entry
    assert claims([*rows, *make_rows(("mmoe", "restarted"), [1.0] * 4)]) == []


def test_one_pair_has_no_errors():
    rows = make_rows(MMOE, [1.0], PAIRS[:1]) + make_rows(
        PICKED, [1.25], PAIRS[:1]
    )
    entry = entry_of(rows, PICKED, "score")
    assert entry["delta_vs_mmoe"] == 0.25
    for name in ("std_error", "delta_std_error", "p_value"):
        assert math.isnan(entry[name])


@pytest.mark.parametrize("tasks", [("buy", "buy_again"), ("buy_again", "buy")])
def test_task_called_like_the_start_of_another(tasks):
    rows = make_rows(MMOE, [1.5], PAIRS[:1], tasks=tasks)
    for index, task in enumerate(tasks):
        entry = entry_of(rows, MMOE, f"{task}_log_loss")
        assert entry["mean"] == index + 1.5


@pytest.mark.parametrize(
    ("variant", "controls"),
    [
        ("picked", CONTROLS["picked"]),
        ("cost 0.1 picked", CONTROLS["picked"]),
        ("retrained", CONTROLS["retrained"]),
        ("reinforce retrained", CONTROLS["retrained"]),
        ("reinforce inherited", ()),
        (None, ()),
    ],
)
def test_claims_are_paired_differences_from_controls(variant, controls):
    methods = [("mtnas", variant), *CONTROLS["picked"], *CONTROLS["retrained"]]
    scores = RNG.normal(1.5, 0.1, (len(methods), len(PAIRS)))
    by_method = dict(zip(methods, scores, strict=True))
    rows = [r for m, values in by_method.items() for r in make_rows(m, values)]
    found = claims(rows)
    assert [(c["of"], c["minus"]) for c in found] == [
        (methods[0], control) for control in controls
    ]
    for claim in found:
        gaps = scores[0] - by_method[claim["minus"]]
        assert claim["num_pairs"] == len(PAIRS)
        assert claim["mean"] == pytest.approx(gaps.mean())
        assert claim["std_error"] == pytest.approx(stats.sem(gaps))
        p_value = stats.ttest_1samp(gaps, 0).pvalue
        assert claim["p_value"] == pytest.approx(p_value)


def test_a_claim_compares_costs_of_networks():
    rows = make_rows(("mtnas", "retrained"), SCORES[PICKED], multiply_adds=30)
    rows[0]["multiply_adds"] = 50  # of another pair's route
    rows += make_rows(MMOE, SCORES[MMOE], multiply_adds=70)
    rows += make_rows(("random_route", "mean"), SCORES[MMOE])
    ratios = {c["minus"]: c["cost_ratio"] for c in claims(rows)}
    assert ratios == {MMOE: 0.5, ("random_route", "mean"): None}


def test_a_difference_is_of_one_method_in_two_sets_of_rows():
    ours, others = (make_rows(PICKED, SCORES[key]) for key in SCORES)
    gaps = np.array(SCORES[PICKED]) - np.array(SCORES[MMOE])
    delta = difference(others, ours[::-1], PICKED, "score")
    assert delta["mean"] == pytest.approx(gaps.mean())
    assert delta["std_error"] == pytest.approx(stats.sem(gaps))
    assert delta["num_pairs"] == 4
    assert difference(others, ours[:3], PICKED, "score") is None
    assert difference(others, ours, MMOE, "score") is None


def test_nothing_is_claimed_without_controls():
    assert claims(ROWS) == []
    rows = ROWS + make_rows(("random_route", "restarted"), [1.0] * 4)
    (claim,) = claims(rows)
    assert claim["minus"] == ("random_route", "restarted")
