import csv
import json

import numpy as np
import pytest
import toy_data
from page_reader import check_page
from tiny_experiment import CONFIG

from mtnas_tf.cli import main
from mtnas_tf.config import with_section
from mtnas_tf.experiment.about import write_about
from mtnas_tf.experiment.label_counts import label_counts
from mtnas_tf.experiment.reporting.quickstart_page import quickstart_page
from mtnas_tf.experiment.reporting.run_page import run_page
from mtnas_tf.experiment.reporting.search_section import expected_scores
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.versions import versions
from mtnas_tf.search.candidates.strategies import Surrogate
from mtnas_tf.search.candidates.strategies import Trial

SCHEMA = toy_data.BINARY_SCHEMA
TASKS = SCHEMA.task_names
VALID = {task: {"auc": 0.75, "log_loss": 0.5} for task in TASKS}
SPACE = route_space(CONFIG, TASKS)
SEARCHED = with_section(CONFIG, "search.candidates", strategy="surrogate")


@pytest.fixture
def run(tmp_path):
    """The least that a run directory holds."""
    run = tmp_path / "search"
    run.mkdir()
    (run / "config.json").write_text(SEARCHED.to_json())
    SCHEMA.save(run / "schema.json")
    metrics = {"valid": VALID, "valid_loss": 1.0, "epochs": 3}
    (run / "metrics.json").write_text(json.dumps(metrics))
    return run


def write_csv(path, *columns):
    """Columns are a name and values each."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(name for name, _ in columns)
        writer.writerows(zip(*(v for _, v in columns), strict=True))


def test_a_run_shows_what_it_has_and_nothing_else(run):
    page = check_page(run_page(run))
    least = [
        *("Results", "Configuration and versions", "What this does not show")
    ]
    assert page.titles == least
    assert page.texts["td"][:4] == [
        "trained or searched",
        "valid",
        "0.7500",
        "0.5000",
    ]
    rng = np.random.default_rng(0)
    routes = [SPACE.random_route(rng) for _ in range(9)]
    texts = [json.dumps(route.to_dict()) for route in routes]
    write_csv(
        run / "candidates.csv",
        ("route", texts),
        ("seed", range(9)),
        ("multiply_adds", range(100, 109)),
        ("score", np.linspace(1, 2, 9)),
    )
    write_csv(
        run / "history.csv",
        ("epoch", (0, 1)),
        ("loss", (1.5, 0.75)),
        ("val_loss", (1.0, 0.8)),
        *((f"val_{task}_auc", (0.5, 0.625)) for task in TASKS),
    )
    (run / "route.json").write_text(routes[0].to_json())
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9pt" />'
    for name in ("reliability_test", "sharing_test", "expert_use_test"):
        (run / f"{name}.svg").write_text(svg)
    records = [
        {"epoch": e, "entropy/buy": 0.7, "top_prob/buy": 0.5} for e in (0, 1)
    ]
    lines = "\n".join(map(json.dumps, records))
    (run / "route_history.jsonl").write_text(lines)
    write_about(run, "mtnas search", toy_data.make_data(SCHEMA))
    page = check_page(run_page(run))
    assert page.titles == [
        "Results",
        "The route",
        "How the search went",
        "Training",
        "Calibration",
        "Who reads what",
        "Data",
        *least[1:],
    ]
    alts = [picture["aria-label"] for picture in page.of("svg")]
    assert any("click from 0.5 to 0.625; buy from 0.5" in alt for alt in alts)
    assert any("The best is number 9, 2.0000." in alt for alt in alts)
    assert versions()["keras"] in page.texts["td"]


def test_a_quickstart_begins_with_its_comparison(run):
    rows = [
        {
            "network": name,
            "shares": "all 2",
            "multiply_adds": 1234,
            "num_trainings": 8,
            "num_starts": 4,
            "best": 0.875,
            "mean": mean,
            "std_error": 0.01,
            "searched_minus": 0.75 - mean,
            "searched_minus_std_error": 0.01,
        }
        for name, mean in (("searched route", 0.75), ("MMoE", 0.5))
    ]
    result = {
        "dataset": "toy",
        "num_tasks": 2,
        "num_rows": 40,
        "groups": "click, buy",
        "groups_found": True,
        "rows": rows,
    }
    path = run.with_name("comparison.json")
    path.write_text(json.dumps(result))
    text = quickstart_page(run.parent)
    page = check_page(text)
    assert page.titles[:2] == ["Is it better?", "Results"]
    assert page.texts["td"][:2] == ["all 2", "1,234"]
    assert "On average the searched route beats MMoE (+0.2500" in text


def test_what_a_surrogate_expected_is_from_earlier_rounds_alone():
    places = SEARCHED.search.candidates.num_places
    rng = np.random.default_rng(1)
    routes = [SPACE.random_route(rng) for _ in range(3 * places)]
    scores = rng.normal(size=len(routes)).tolist()
    found = expected_scores(routes, scores, SEARCHED)
    strategy = Surrogate(SPACE)
    trials = [Trial(r, s) for r, s in zip(routes, scores, strict=True)]
    assert np.isnan(found[:places]).all()
    for start in (places, 2 * places):
        rounds = slice(start, start + places)
        expected = strategy.expected_scores(trials[:start], routes[rounds])
        np.testing.assert_allclose(found[rounds], expected)


def test_labels_are_counted():
    data = toy_data.make_data(SCHEMA)
    counts = label_counts(SCHEMA, data.splits)
    for name, split in data.splits.items():
        for task in TASKS:
            labels, found = split.labels[task], counts[name][task]
            assert found["rows"] == len(labels)
            assert found["missing"] == np.isnan(labels).sum()
            assert found["positives"] == np.nansum(labels)
            assert found["mean"] == pytest.approx(np.nanmean(labels))
    stars = label_counts(
        toy_data.SCHEMA, toy_data.make_data(toy_data.SCHEMA).splits
    )
    assert stars["test"]["stars"]["positives"] is None


def test_the_verb_writes_beside_the_run_or_elsewhere(run, capsys):
    assert main(["report", str(run)]) == 0
    assert str(run / "report.html") in capsys.readouterr().out
    check_page((run / "report.html").read_text(encoding="utf-8"))
    other = run / "other.html"
    assert main(["report", str(run), "--output", str(other), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"report": str(other)}
    assert other.is_file()


def test_what_is_no_run_is_said(tmp_path, capsys):
    assert main(["report", str(tmp_path / "absent")]) == 2
    assert "There is no run directory" in capsys.readouterr().err
    assert main(["report", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "`run` must hold compare.json, sweep.json, comparison.json" in error
    (tmp_path / "compare.json").write_text('{"dataset": "omniglot"}')
    assert main(["report", str(tmp_path / "compare.json")]) == 2
    assert (
        "a compare.json that `mtnas compare` wrote" in capsys.readouterr().err
    )
    assert not (tmp_path / "report.html").exists()
