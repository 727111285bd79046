import math

import pytest
from toy_outcomes import FULL
from toy_outcomes import OTHER
from toy_outcomes import TASKS
from toy_outcomes import outcome

from mtnas_tf.data import TaskSpec
from mtnas_tf.experiment.quickstart import report
from mtnas_tf.experiment.quickstart.contenders import Contender
from mtnas_tf.routes import RouteSpace

SIZES = {"num_parameters": {"dense": 7}, "multiply_adds": 1234}


def result(searched, rival):
    """A comparison of trainings, told by (validation, test) AUCs of click."""
    contenders = [
        Contender("searched route", OTHER, SIZES, [outcome(*s) for s in of_it])
        if title == "searched"
        else Contender(title, FULL, SIZES, [outcome(*s) for s in of_it])
        for title, of_it in (("searched", searched), ("MMoE", rival))
    ]
    picked = outcome(0.9, 0.85, OTHER, num_trainings=3)
    rows = report.rows_of(TASKS, contenders, picked)
    return {"num_tasks": 2, "num_rows": 1000, "rows": rows}


def test_rows_are_the_best_on_validation_the_mean_and_the_paired_gap():
    ours, its = result(
        [(0.7, 0.8), (0.7, 0.9)], [(0.6, 0.7), (0.8, 0.6), (0.7, 0.95)]
    )["rows"]
    # Mean AUC of two tasks; that of `buy` is 0.5.
    assert (ours["best"], its["best"]) == pytest.approx((0.675, 0.55))
    assert ours["num_trainings"] == its["num_trainings"] == 3
    assert (ours["mean"], its["mean"]) == pytest.approx((0.675, 0.625))
    assert (ours["num_starts"], its["num_starts"]) == (2, 3)
    # Of the two starts in common: (0.05, 0.15).
    assert its["searched_minus"] == pytest.approx(0.1)
    assert its["searched_minus_std_error"] == pytest.approx(0.05)
    assert ours["searched_minus"] == 0
    assert its["multiply_adds"] == 1234


@pytest.mark.parametrize(
    ("rival", "words"),
    [
        ([(0.6, 0.70), (0.6, 0.71)], "beats MMoE (+0.0725, 29.0 standard"),
        ([(0.6, 0.95), (0.6, 0.94)], "loses to MMoE (-0.0475, 6.3 standard"),
        ([(0.6, 0.95), (0.6, 0.60)], "is not told apart from MMoE (+0.0375, "),
    ],
)
def test_a_sentence_says_what_two_standard_errors_allow(rival, words):
    text = report.text(result([(0.7, 0.84), (0.7, 0.86)], rival))
    assert f"On average the searched route {words}" in text


def test_a_screen_of_text():
    text = report.text(result([(0.7, 0.8), (0.7, 0.9)], [(0.6, 0.7)] * 3))
    table, caption = text.split("\n\n")[:2]
    header, rule, ours, its = table.splitlines()
    assert header.split() == [
        *("tasks", "that", "share", "multiply-adds", "best", "mean", "gap")
    ]
    assert ours.split("  ")[0] == "searched route"
    assert "none" in ours and "all 2" in its and "1,234" in its
    assert "1,000 test rows" in caption and "of 3 trained" in caption
    assert max(map(len, text.splitlines())) <= 90


def test_tasks_that_share():
    tasks = [TaskSpec(name=name) for name in ("a", "b", "c", "d")]
    space = RouteSpace(tuple(task.name for task in tasks), 2, 4)

    def of(*groups):
        return report.sharing(tasks, space.hand_made.grouped(groups))

    assert of("ab", "cd") == "a + b, c + d"
    assert of("ad", "b", "c") == "a + d"
    assert of("a", "b", "c", "d") == report.sharing(tasks, None) == "none"
    assert of("abcd") == "all 4"
    # b and c have nothing in common, but each something with a.
    chained = RouteSpace(("a", "b", "c"), 1, 2, gated=False).route([2, 0, 1])
    assert report.sharing(tasks[:3], chained) == "all 3"
    assert report.sharing(tasks[1:3], chained) == "none"


def test_one_start_has_no_error():
    row = result([(0.7, 0.8)], [(0.6, 0.7)])["rows"][1]
    assert math.isnan(row["searched_minus_std_error"])
