"""The tables of a comparison within domains."""

import math

from mtnas_tf.experiment.comparison.domain_report import CAPTION
from mtnas_tf.experiment.comparison.domain_report import domain_cells
from mtnas_tf.experiment.comparison.row import side_by_side
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import mean_of

NAN = math.nan


def values(auc, count):
    return {"auc": auc, "log_loss": 0.5, "num_labels": count}


def row(model, seed, split, **domains):
    """Domain -> AUC and labels of each task."""
    found = {}
    for domain, of_tasks in domains.items():
        for task, (auc, count) in of_tasks.items():
            found.setdefault(task, {})[domain] = values(auc, count)
    row = {"model": model, "variant": None, "seed": seed, "split_seed": split}
    return {**row, "test_domains": found} if found else row


def result(*rows):
    models = dict.fromkeys(row["model"] for row in rows)
    summary = [{"model": model, "variant": None} for model in models]
    return {"rows": list(rows), "summary": summary[::-1]}


def test_lines_are_domains_and_methods():
    both = {"click": (0.5, 10), "buy": (0.25, 1500)}
    other = {"click": (0.75, 12), "buy": (NAN, 1500)}
    found = result(
        row("mmoe", 0, 0, home=both, search=both),
        row("mmoe", 1, 1, home=other),  # no row of that split is a search
        row("star", 0, 0, home=both, search=both),
        row("star", 1, 1, home=both),
    )
    assert domain_cells(found) == [
        ["domain", "model", "click auc", "buy auc", "score - mmoe"],
        ["home", "labels", "10", "1,500", ""],
        ["home", "star", "0.5000 ± 0.0000", "0.2500 ± 0.0000", "-"],
        ["home", "mmoe", "0.6250 ± 0.1250", "-", ""],
    ]
    assert "dash" in CAPTION


def test_the_largest_domain_is_first_and_none_without_a_number():
    few, many, none = (
        {"click": (auc, count)} for auc, count in ((0.5, 3), (0.5, 9), (NAN, 5))
    )
    found = result(row("star", 0, 0, search=few, odd=none, home=many))
    domains = [line[0] for line in domain_cells(found)[1:]]
    assert domains == ["home", "home", "search", "search"]


def test_differences_to_mmoe_are_paired_sums_over_tasks():
    def home(model, split, click, buy):
        of_tasks = {"click": (click, 10), "buy": (buy, 10)}
        return row(model, 0, split, home=of_tasks)

    found = result(
        *(home("mmoe", 0, 0.5, 0.5), home("mmoe", 1, 0.8, 0.6)),
        *(home("star", 0, 0.6, 0.7), home("star", 1, 0.9, 0.6)),
        home("poso", 0, 0.6, 0.6),  # lacks a pair
    )
    deltas = {line[1]: line[-1] for line in domain_cells(found)[1:]}
    assert deltas == {
        "labels": "",
        "mmoe": "",
        "star": "+0.2000 ± 0.1000",
        "poso": "",
    }


def test_an_error_counts_against_the_score():
    def home(model, mse):
        found = row(model, 0, 0)
        values = {"mse": mse, "num_labels": 4}
        return {**found, "test_domains": {"stars": {"home": values}}}

    cells = domain_cells(result(home("mmoe", 0.5), home("star", 0.75)))
    assert {line[1]: line[-1] for line in cells}["star"] == "-0.2500"


def test_rows_without_domains_have_no_table():
    assert domain_cells(result(row("mmoe", 0, 0))) == []


def outcome(auc, task="click"):
    domains = {task: {"home": values(auc, 3)}}
    metrics = {task: {"auc": auc}}
    return Outcome(0, None, 1, 1.0, metrics, metrics, test_domains=domains)


def test_outcomes_are_averaged_and_joined():
    mean = mean_of([outcome(0.5), outcome(1.0)])
    assert mean.test_domains == {"click": {"home": values(0.75, 3)}}
    both = side_by_side([outcome(0.5), outcome(1.0, "buy")])
    assert both.test_domains == {
        "click": {"home": values(0.5, 3)},
        "buy": {"home": values(1.0, 3)},
    }
    assert mean_of([both]).test_domains == both.test_domains
