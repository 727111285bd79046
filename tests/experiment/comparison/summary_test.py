import math

import numpy as np
import pytest
from scipy import stats
from toy_rows import MMOE
from toy_rows import PAIRS
from toy_rows import PICKED
from toy_rows import RETRAINED
from toy_rows import SCORES
from toy_rows import by_split
from toy_rows import drawn
from toy_rows import make_rows
from toy_rows import scores_of

from mtnas_tf.experiment.comparison.summary import difference
from mtnas_tf.experiment.comparison.summary import summarize


def entry_of(rows, method, metric, task=None):
    (entry,) = (
        entry
        for entry in summarize(rows)
        if (entry["model"], entry["variant"], entry["task"], entry["metric"])
        == (*method, task, metric)
    )
    return entry


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


def test_means_precede_the_best_of_many():
    rows = [
        *make_rows(PICKED, [9.0] * 6),
        *make_rows(("mmoe", "restarted"), [8.0] * 6),
        *ROWS,
    ]
    order = dict.fromkeys((e["model"], e["variant"]) for e in summarize(rows))
    assert [*order] == [RETRAINED, MMOE, PICKED, ("mmoe", "restarted")]


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


def test_a_difference_is_of_one_method_in_two_sets_of_rows():
    ours, others = (make_rows(PICKED, SCORES[key]) for key in SCORES)
    gaps = by_split(np.array(SCORES[RETRAINED]) - np.array(SCORES[MMOE]))
    delta = difference(others, ours[::-1], PICKED, "score")
    assert delta["mean"] == pytest.approx(gaps.mean())
    assert delta["std_error"] == pytest.approx(stats.sem(gaps))
    assert delta["num_pairs"] == 6
    assert difference(others, ours[:3], PICKED, "score") is None
    assert difference(others, ours, MMOE, "score") is None
