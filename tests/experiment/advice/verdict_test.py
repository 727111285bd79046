import copy

import pytest

from mtnas_tf.experiment.advice.report import markdown_page
from mtnas_tf.experiment.advice.report import text_page
from mtnas_tf.experiment.advice.verdict import verdict_of

NEITHER = {"mean": 0.001, "std_error": 0.001, "low": -0.002, "high": 0.004}
NEITHER |= {"p_loss": 0.8, "p_corrected": 1.0}
LOSS = {"mean": -0.02, "std_error": 0.002, "low": -0.025, "high": -0.015}
LOSS |= {"p_loss": 0.001, "p_corrected": 0.003}
TASKS = ["click", "like", "buy"]
BOUND = {"mean": 0.002, "std_error": 0.001, "low": -0.001, "high": 0.005}


@pytest.fixture
def advice():
    others = {t: [o for o in TASKS if o != t] for t in TASKS}
    return {
        "dataset": "log.csv",
        "tasks": TASKS,
        "num_deals": 5,
        "num_starts": 2,
        "rows": {"train": 800, "valid": 200},
        "gains": dict.fromkeys([*TASKS, "all tasks"], NEITHER),
        "pairs": {t: dict.fromkeys(others[t], NEITHER) for t in TASKS},
        "cosines": {
            t: dict.fromkeys(others[t], {"mean": 0.25, "std_error": 0.05})
            for t in TASKS
        },
        "bound": {**BOUND, "naive": 0.01},
        "best_network": "click+like+buy",
        "few_labels": {},
        "price": {
            "trainings": 32,
            "seconds_of_one": 2.5,
            "seconds": 80.0,
            "trainings_of_advice": 80,
        },
        "scores": {
            "alone": [[0.7, 0.6, 0.5]] * 2,
            "click+like+buy": [[0.8, 0.7, 0.6], [0.6, 0.7, 0.8]],
        },
    }


def test_no_conflict(advice):
    found = verdict_of(advice)
    assert (found["verdict"], found["about"]) == ("no conflict", [])
    text = found["recommendation"]
    assert "Use `shared_bottom` or `mmoe`; a search may gain at most" in text
    assert "more than 0.0020 of any task's score is ruled out" in text
    assert "helps" not in text
    advice["gains"]["buy"] = {**NEITHER, "low": 0.0005}
    assert "Sharing helps buy." in verdict_of(advice)["recommendation"]


def test_a_conflict(advice):
    advice["gains"] |= {"click": LOSS, "all tasks": LOSS}
    advice["pairs"] = copy.deepcopy(advice["pairs"])
    advice["pairs"]["click"]["buy"] = LOSS
    advice["best_network"] = "alone"
    found = verdict_of(advice)
    assert found["verdict"] == "conflict"
    assert found["about"] == ["click", "all tasks"]
    text = found["recommendation"]
    assert text.startswith("Tasks conflict: click loses where all share one")
    assert "Pair by pair: click by sharing with buy." in text
    assert "The best of the networks tried is a network for each task" in text
    assert "Search a route" in text and "at most 0.0050 of score over" in text


def test_a_loss_of_the_sum_alone_is_a_conflict(advice):
    advice["gains"]["all tasks"] = LOSS
    text = verdict_of(advice)["recommendation"]
    assert text.startswith("Tasks conflict: they lose where all share")
    assert "It is their sum that is lower" in text


def test_a_search_that_cannot_gain_is_not_recommended(advice):
    advice["gains"]["click"] = LOSS
    advice["bound"] = {**advice["bound"], "high": -0.001}
    assert "Search a route" not in verdict_of(advice)["recommendation"]


def test_too_few_labels(advice):
    advice["few_labels"] = {"buy": 7}
    found = verdict_of(advice)
    assert (found["verdict"], found["about"]) == ("too few labels", ["buy"])
    assert "buy: validation rows hold 7 of its rarer" in found["recommendation"]
    # What is found all the same is said.
    advice["gains"]["click"] = LOSS
    assert verdict_of(advice)["verdict"] == "conflict"


def test_wide_intervals_decide_nothing(advice):
    advice["gains"]["like"] = {**NEITHER, "low": -0.03}
    advice["best_network"] = "click | like+buy"
    found = verdict_of(advice)
    assert (found["verdict"], found["about"]) == ("undecided", ["like"])
    text = found["recommendation"]
    assert "like may lose up to 0.0300 of score by sharing" in text
    assert "The best of the networks tried is `click | like+buy`" in text
    assert verdict_of(advice, margin=0.05)["verdict"] == "no conflict"
    advice["gains"]["like"] = {**NEITHER, "low": float("nan")}
    assert verdict_of(advice)["verdict"] == "undecided"


def test_a_loss_that_does_not_matter_is_no_conflict(advice):
    tiny = {**LOSS, "mean": -0.001, "low": -0.002, "high": -0.0005}
    advice["gains"] |= {"click": tiny, "all tasks": tiny}
    assert verdict_of(advice)["verdict"] == "no conflict"


def test_pages(advice):
    advice |= verdict_of(advice)
    page = markdown_page(advice)
    assert page.startswith("# Advice on log.csv\n\nNo conflict: no task")
    assert "| click | +0.0010 | -0.0020 to +0.0040 | 1 |" in page
    cell = "+0.0010 ± 0.0010, cos +0.25 ± 0.05"
    assert f"| click | - | {cell} | {cell} |" in page
    # Means of deals, the best network first.
    lines = page.splitlines()
    best = lines.index("| click+like+buy | 0.7000 | 0.7000 | 0.7000 | 2.1000 |")
    assert lines[best + 1] == (
        "| each task alone | 0.7000 | 0.6000 | 0.5000 | 1.8000 |"
    )
    assert "+0.0020 (-0.0010 to +0.0050); +0.0100 if the same rows" in page
    assert "trains 32 networks: about 80 s here, 2.5 s each" in page
    text = text_page(advice)
    assert advice["recommendation"] in text and cell in text


def test_numbers_are_written_as_people_read_them(advice):
    advice["rows"] = {"train": 80_000, "valid": 20_000}
    advice["bound"] = {**advice["bound"], "mean": -4e-5, "low": 4e-5}
    text = text_page(advice | verdict_of(advice))
    assert "(80,000 and 20,000)" in text
    assert "0.0000 (0.0000 to +0.0050)" in text
