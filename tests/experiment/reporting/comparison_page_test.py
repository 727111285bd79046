import math

import numpy as np
import pytest
from page_reader import check_page
from toy_result import compared
from toy_rows import MMOE
from toy_rows import PAIRS
from toy_rows import RETRAINED
from toy_rows import by_split
from toy_rows import make_rows

from mtnas_tf.experiment.comparison.pages import write_comparison
from mtnas_tf.experiment.comparison.saved_comparison import read_comparison
from mtnas_tf.experiment.reporting.comparison_page import comparison_page
from mtnas_tf.experiment.reporting.questions import answer
from mtnas_tf.experiment.reporting.questions import question_section
from mtnas_tf.experiment.reporting.tasks_section import against_single_task
from mtnas_tf.experiment.reporting.tasks_section import tasks_section
from mtnas_tf.routes import RouteSpace

SHARING = {
    "name": "experts",
    "readers": ["click", "buy"],
    "sources": ["s1", "s2", "s3"],
    "weights": [[0.75, 0.25, 0.0], [None, 1.0, 0.0]],
    "kind": "mean gate weight",
}


def claim(of, minus, score, loss=None):
    """Differences are of a mean and its corrected p-value."""
    names = ("mean", "p_corrected")
    differences = {"score": dict(zip(names, score, strict=True))}
    if loss:
        differences["mtl_loss"] = dict(zip(names, loss, strict=True))
    for delta in differences.values():
        delta["std_error"] = 0.125
    return {
        "of": of,
        "minus": minus,
        "num_pairs": 6,
        "cost_ratio": None,
        "differences": differences,
    }


@pytest.mark.parametrize(
    ("score", "loss", "expected"),
    [
        ((0.1, 0.01), (-0.1, 0.02), "yes"),
        ((-0.1, 0.01), (0.1, 0.02), "no, worse"),
        ((0.1, 0.06), (-0.1, 0.5), "cannot be told apart"),
        ((0.1, math.nan), (0.1, math.nan), "not tested"),
        ((0.1, 0.04), None, "yes"),
        (
            (0.1, 0.06),
            (-0.1, 0.04),
            "by score: cannot be told apart; by loss: yes",
        ),
    ],
)
def test_answers(score, loss, expected):
    assert answer(claim(RETRAINED, MMOE, score, loss)) == expected


def test_an_equal_budget_is_asked_about_first():
    nothing = (0.25, math.nan)
    claims = [
        claim(RETRAINED, ("random_route", "mean"), (0.5, 0.01)),
        claim(RETRAINED, ("single_task", None), nothing),
        claim(RETRAINED, ("mmoe_equal_cost", "mean"), nothing),
        claim(RETRAINED, ("chain_route", None), nothing),
        claim(RETRAINED, ("ple", None), nothing),
        claim(RETRAINED, MMOE, nothing),
        claim(("mtnas", "picked"), ("mmoe", "restarted"), (0.125, 0.04)),
    ]
    sentence, table, note = question_section(claims).parts
    questions = [row[0] for row in table.rows]
    assert questions[0] == (
        "Is the network that the search picked better than the best of as many "
        "trainings of MMoE?"
    )
    assert [q.partition("better than ")[2] for q in questions[1:]] == [
        "MMoE, on average?",
        "an MMoE that costs as much to serve, on average?",
        "random routes, on average?",
        "the best route drawn by hand (chain_route), on average?",
        "a network for each task, on average?",
        "ple, on average?",
    ]
    assert sentence.endswith(
        "Yes (mtnas (picked) minus mmoe (restarted): score +0.1250 ± 0.1250)."
    )
    assert list(table.rows[0][1:]) == [
        *("yes", "+0.1250 ± 0.1250", "0.04", "", "", "", "6")
    ]
    assert table.rows[1][1] == "not tested" and table.rows[1][3] == ""
    assert note.startswith("Where no p stands")
    assert not question_section([]).parts


@pytest.mark.parametrize(
    ("p_value", "said"),
    [(0.5, "They cannot be told apart ("), (math.nan, "Not tested (")],
)
def test_the_first_answer_is_a_sentence(p_value, said):
    asked = [claim(RETRAINED, MMOE, (0.1, p_value))]
    assert said in question_section(asked).parts[0]


def test_negative_transfer_is_a_paired_difference():
    scores = {
        MMOE: [1.0, 1.1, 1.2, 1.3, 1.4, 1.5],
        ("single_task", None): [1.1, 1.0, 1.6, 1.5, 1.7, 1.5],
    }
    result = compared(0.0)
    result["rows"] = [
        row
        for method, values in scores.items()
        for row in make_rows(method, values, PAIRS)
    ]
    # `buy` is as before; `click` loses in every pair.
    for row in result["rows"]:
        row["test"]["click"]["auc"] -= 0.5 * (row["model"] == "mmoe")
    found = against_single_task(result, {"click": "auc", "buy": "auc"})
    gaps = by_split(np.subtract(*scores.values()) / 2)
    mean, error = found["buy"]["mmoe"]
    assert mean == pytest.approx(gaps.mean())
    assert error == pytest.approx(gaps.std(ddof=1) / np.sqrt(3))
    assert found["click"]["mmoe"][0] == pytest.approx(gaps.mean() - 0.5)
    result["summary"] = [e for e in result["summary"] if e["model"] == "mmoe"]
    *_, table, _ = tasks_section(result).parts
    assert [row[-1] for row in table.rows] == ["click, buy"]
    assert against_single_task(compared(0.0), {"buy": "auc"}) == {"buy": {}}


def test_what_a_comparison_has_is_shown_and_nothing_else(tmp_path):
    result = compared(0.5)
    page = check_page(comparison_page(result))
    assert page.titles == [
        "Is it better?",
        "Quality and cost",
        "Each task",
        "Does a search have anything to find?",
        "Data",
        "Configuration and versions",
        "What this does not show",
    ]
    route = RouteSpace(("click", "buy"), 2, 2).full_route()
    for row in result["rows"]:
        row["sharing"] = [SHARING]
        row["test_domains"] = {"click": {"home": {"auc": 0.5, "num_labels": 9}}}
        if row["model"] == "mtnas":
            row["route"] = route.to_dict()
    counts = {"rows": 40, "missing": 10, "positives": 6, "mean": 0.2}
    result["protocol"] = {
        **result["protocol"],
        "labels": {"test": {"click": counts}},
        "provenance": {
            **dict.fromkeys(
                ("config_sha256", "version", "begun", "ended"), "1"
            ),
            "versions": {"keras": "3.99"},
        },
    }
    write_comparison(result, tmp_path)
    page = check_page(
        comparison_page(read_comparison(tmp_path / "compare.json"))
    )
    for title in ("The route", "Who reads what", "Within domains"):
        assert title in page.titles
    cells = [text.strip() for text in page.texts["td"]]
    assert "10 (25.0%)" in cells and "20.00%" in cells  # of labels
    assert "3.99" in cells
    assert cells[cells.index("experts") + 1] == "s3"  # it is dead


def test_nan_survives_the_file(tmp_path):
    result = compared(0.5)
    write_comparison(result, tmp_path)
    read = read_comparison(tmp_path / "compare.json")
    entry = next(e for e in read["summary"] if math.isnan(e["mean"]))
    assert (entry["task"], entry["metric"]) == ("buy", "auc")
    for before, after in zip(result["claims"], read["claims"], strict=True):
        assert list(before["of"]) == list(after["of"])
        for metric, delta in before["differences"].items():
            assert after["differences"][metric] == pytest.approx(
                delta, nan_ok=True
            )
