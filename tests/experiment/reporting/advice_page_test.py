"""The page of an advice, made of a file and of nothing else."""

import math

import numpy as np
import pytest
from page_reader import check_page

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.experiment.advice.gains import best_network
from mtnas_tf.experiment.advice.gains import bound_of_search
from mtnas_tf.experiment.advice.gains import gains_by_pair
from mtnas_tf.experiment.advice.gains import gains_from_sharing
from mtnas_tf.experiment.advice.groupings import groupings
from mtnas_tf.experiment.advice.groupings import name_of
from mtnas_tf.experiment.advice.verdict import verdict_of
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.strict_json import strict_json

TASKS = ("click", "like", "share")
SHARE = 0.125


def planted(loss, defined=True):
    """Advice in which who shares with `share` loses `loss`."""
    rng = np.random.default_rng(0)
    scores = {"alone": 0.7 + rng.normal(0, 1e-3, (5, 3))}
    for grouping in groupings(TASKS):
        own = 0.7 + rng.normal(0, 1e-3, (5, 3))
        for group in grouping:
            if "share" in group and len(group) > 1:
                own[:, [TASKS.index(task) for task in group]] -= loss
        scores[name_of(grouping)] = own
    cosine = {"mean": -0.25 if defined else math.nan, "std_error": 0.125}
    found = {
        "dataset": "log",
        "tasks": list(TASKS),
        "num_deals": 5,
        "num_starts": 2,
        "rows": {"train": 8000, "valid": 1000},
        "gains": gains_from_sharing(TASKS, scores, SHARE),
        "pairs": gains_by_pair(TASKS, scores, SHARE),
        "cosines": {a: {b: cosine for b in TASKS if b != a} for a in TASKS},
        "bound": bound_of_search(scores, SHARE),
        "best_network": best_network(scores),
        "few_labels": {},
        "price": {
            "trainings": 40,
            "seconds_of_one": 2.0,
            "seconds": 80.0,
            "trainings_of_advice": 80,
        },
        "scores": {name: own.tolist() for name, own in scores.items()},
    }
    return {**found, **verdict_of(found)}


def page_of(advice, folder):
    config = ExperimentConfig().to_json()
    (folder / "config.json").write_text(config, encoding="utf-8")
    path = folder / "advice.json"
    path.write_text(strict_json(advice), encoding="utf-8")
    return check_page(write_report(folder).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("loss", "answer", "verdict"),
    [(0.05, "Yes, tasks conflict", "shown"), (0.0, "No, no task", "ruled out")],
)
def test_page(loss, answer, verdict, tmp_path):
    advice = planted(loss)
    page = page_of(advice, tmp_path)
    assert page.texts["h1"] == ["Advice on log"]
    assert page.titles == [
        "Do the tasks conflict?",
        "Alone or together?",
        "Which tasks go together?",
        "What may a search gain, and cost?",
        "Every network that was tried",
        "Configuration and versions",
        "What this does not show",
    ]
    paragraphs = page.texts["p"]
    assert any(text.startswith(answer) for text in paragraphs)
    assert any("trains 40 networks: about 80 s here" in t for t in paragraphs)
    cells = [text.strip() for text in page.texts["td"]]
    assert cells.count(verdict) >= 3
    assert len([c for c in cells if c == "-0.25 ± 0.12"]) == 6  # both ways


def test_a_pair_is_a_mark(tmp_path):
    page = page_of(planted(0.05), tmp_path)
    gain = planted(0.05)["pairs"]["like"]["share"]
    expected = f"like with share: {gain['mean']:+.4f} ± "
    tips = page.texts["title"]
    assert len([text for text in tips if text.startswith(expected)]) == 1
    assert len([text for text in tips if " with " in text]) == 12


def test_cosines_that_are_not_defined(tmp_path):
    page = page_of(planted(0.0, defined=False), tmp_path)
    assert "nan" not in " ".join([*page.texts["td"], *page.texts["title"]])
