import dataclasses
import math

import pytest

from mtnas_tf.experiment.comparison import domain_report
from mtnas_tf.experiment.comparison import report
from mtnas_tf.experiment.comparison.captions import caption
from mtnas_tf.experiment.comparison.captions import pairs
from mtnas_tf.experiment.comparison.claim_lines import claim_lines
from mtnas_tf.plots.pareto_plot import Point
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import RouteSpace

CAPTION = (
    "Test split (40 rows), 2 seeds on each of 3 splits, 2020-02-29. ±: "
    "standard error over splits, each the mean of its seeds. Means and single "
    "trainings first, then the best of many, from the best test score down; "
    "nothing was chosen by it. Score: sum of the AUCs (a "
    "multi-class task counts its accuracy, a regression minus its squared "
    "error). Mtl loss: sum of the tasks' losses. Differences are paired by "
    "split and seed: picked and restarted networks, each the best on "
    "validation of its trainings, against mmoe (restarted), all others against "
    "mmoe (mean) or its one training. Budget: a method's seconds, as a "
    "multiple of what one training of mmoe takes, compilation included."
)
RIVAL = (
    "Strongest rival of mtnas (picked): single_task (restarted). mtnas "
    "(picked) minus single_task (restarted): score -0.0022 ± 0.0010 (p = 0.2), "
    "loss +0.0100 ± 0.0050, 0.25 of its multiply-adds"
)
CLAIM = (
    "mtnas (picked) minus mmoe (restarted): score +0.0125 ± 0.0050 "
    "(p = 0.053), loss -0.5000"
)
TESTS = (
    "p: two-sided t tests over 3 splits (2 degrees of freedom), corrected by "
    "Holm's method for all 2 of them. Where it is above .05 there may be no "
    "difference. All splits are dealt from the same rows, so that errors are "
    "larger, if anything, than stated. A seed on each of 10 splits (`--seeds 1 "
    "--splits 10`) tells more than several seeds on fewer: it is splits that "
    "are counted."
)
ENTRY = (
    "Entry test, by validation scores: starts of one route spread by 0.0010 "
    "(standard deviation), random routes by 0.0030 beyond that; F = 10.00 with "
    "310 and 30 degrees of freedom, p = 1e-05: routes matter."
)
BEGUN = (
    "Config: sha256 12ab, mtnas_tf 0.1.0; begun 2020-02-28T23:59:59+00:00, "
    "ended 2020-02-29T01:00:00+00:00."
)
PICKED = ("mtnas", "picked")
MMOE = ("mmoe", None)
RANDOM = ("random_route", "mean")
SINGLE = ("single_task", "restarted")
LINES = [ENTRY, RIVAL, CLAIM, RIVAL.partition(". ")[2], TESTS, BEGUN]


def make_row(method, score, dense, multiply_adds, seconds, budget, count=1):
    return {
        "model": method[0],
        "variant": method[1],
        "split_seed": 0,
        "seed": 0,
        "score": score,
        "mtl_loss": 1.0,
        "valid_score": score,
        "num_trainings": count,
        "num_parameters": dense and {"dense": dense, "embedding": 7},
        "multiply_adds": multiply_adds,
        "train_seconds": seconds,
        "budget": budget,
        "route": None,
    }


def make_entry(method, metric, mean, error, delta=None):
    entry = {
        "model": method[0],
        "variant": method[1],
        "task": None,
        "metric": metric,
        "mean": mean,
        "std_error": error,
    }
    if delta:
        entry["delta_vs_mmoe"], entry["delta_std_error"] = delta
    return entry


def make_claim(minus, score, loss, cost_ratio=None):
    """Differences are of a mean, its error and its p-value."""
    names = ("mean", "std_error", "p_corrected")
    return {
        "of": PICKED,
        "minus": minus,
        "num_pairs": 6,
        "cost_ratio": cost_ratio,
        "differences": {
            "score": dict(zip(names, score, strict=True)),
            "mtl_loss": dict(zip(names, loss, strict=True)),
        },
    }


@pytest.fixture
def result():
    nan = math.nan
    return {
        "dataset": "toy & <b>",
        "protocol": {
            "config": {"data": {"reads_holdout": False}},
            "rows": {"train": 100, "valid": 60, "test": 40},
            "num_seeds": 2,
            "num_splits": 3,
            "trainings_of_a_search": 12,
            "date": "2020-02-29",
            "rarest_labels": {"click": 100, "buy": 400},
            "notes": [],
            "provenance": {
                "config_sha256": "12ab",
                "version": "0.1.0",
                "begun": "2020-02-28T23:59:59+00:00",
                "ended": "2020-02-29T01:00:00+00:00",
            },
        },
        "entry_test": {
            "std_routes": 0.003,
            "std_starts": 0.001,
            "f": 10.0,
            "degrees": (310, 30),
            "p_value": 1e-5,
        },
        "rows": [
            make_row(PICKED, 1.0, 1234, 1000, 40.44, 3.25, count=12),
            make_row(MMOE, 1.5, 1500, 2000, 10, 0.8),
            make_row(MMOE, 1.5, 1600, 2001, 15, 1.2) | {"seed": 1},
            make_row(RANDOM, 1.0, None, None, 1.0, 0.1, count=12),
            make_row(SINGLE, 1.9, 1500, 4000, 10, 0.8, count=12),
        ],
        "summary": [
            make_entry(PICKED, "mtl_loss", 1.2, 0.1, (-0.05, 0.02)),
            make_entry(PICKED, "score", 1.75, nan, (0.25, nan)),
            make_entry(MMOE, "mtl_loss", 1.25, 0.0125),
            make_entry(MMOE, "score", 1.5, 0.25),
            make_entry(RANDOM, "mtl_loss", 1.5, 0.5),
            make_entry(RANDOM, "score", 1.0, 0.5),
        ],
        "claims": [
            make_claim(
                ("mmoe", "restarted"), (0.0125, 0.005, 0.0526), (-0.5, nan, nan)
            ),
            make_claim(SINGLE, (-0.0022, 0.001, 0.2), (0.01, 0.005, nan), 0.25),
        ],
    }


TABLE = (
    "| model | mtl loss | score | score - mmoe | loss - mmoe | trainings "
    "| dense params | multiply-adds | seconds | budget |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    "| mtnas (picked) | 1.2000 ± 0.1000 | 1.7500 | +0.2500 "
    "| -0.0500 ± 0.0200 | best of 12 | 1,234 | 1,000 | 40.4 | 3.2 |\n"
    "| mmoe | 1.2500 ± 0.0125 | 1.5000 ± 0.2500 |  |  | 1 "
    "| 1,550 | 2,000 | 12.5 | 1.0 |\n"
    "| random_route (mean) | 1.5000 ± 0.5000 | 1.0000 ± 0.5000 |  |  "
    "| mean of 12 |  |  | 1.0 | 0.1 |\n"
)


def test_markdown_table(result):
    assert report.markdown_table(result) == TABLE


def test_markdown_page(result):
    claims = "".join(f"- {line}\n" for line in LINES)
    page = report.markdown_page(result)
    assert page == f"{TABLE}\n{CAPTION}\n\n{claims}"


def test_text_table_is_aligned(result):
    header, rule, *lines = report.text_table(result).split("\n")
    assert rule == "-" * len(header)
    assert {len(line) for line in (header, *lines)} == {len(header)}
    cells = ["mtnas (picked)", "1.2000 ± 0.1000", "-0.0500 ± 0.0200", "3.2"]
    assert all(cell in lines[0] for cell in cells)
    assert lines[1].startswith("mmoe ") and lines[1].endswith(" 1.0")


def test_caption(result):
    assert caption(result) == CAPTION


def test_counts_of_rows_have_separators(result):
    result["protocol"]["rows"]["test"] = 30816
    assert caption(result).startswith("Test split (30,816 rows)")
    result["protocol"]["config"]["data"]["reads_holdout"] = True
    assert caption(result).startswith("Hold-out (30,816 rows")


def test_what_rounds_to_zero_has_no_sign(result):
    for value in (-4e-5, 4e-5):
        delta = result["claims"][0]["differences"]["score"]
        delta["mean"] = value
        assert any("score 0.0000 ± " in line for line in claim_lines(result))
        entry = result["summary"][0]
        entry["mean"], entry["delta_vs_mmoe"] = value, value
        page = report.markdown_page(result)
        assert "0.0000 ± " in page
        assert "-0.0000" not in page and "+0.0000" not in page


def test_a_hold_out_is_called_so(result):
    result["protocol"]["config"]["data"]["reads_holdout"] = True
    text = caption(result)
    assert text.startswith("Hold-out (40 rows that no split deals), 2 seeds")
    # Results from before there were hold-outs.
    del result["protocol"]["config"]["data"]["reads_holdout"]
    assert caption(result) == CAPTION


def test_claims_begin_with_the_strongest_rival(result):
    assert claim_lines(result) == LINES


def test_a_rival_that_was_not_tested_is_named_all_the_same(result):
    del result["claims"][1]
    _, line, *_ = claim_lines(result)
    assert line == (
        "Strongest rival of mtnas (picked): single_task (restarted). mtnas "
        "(picked) minus single_task (restarted): score -0.9000, loss 0.0000, "
        "0.25 of its multiply-adds"
    )


def test_one_split_is_no_evidence(result):
    result["protocol"]["num_splits"] = 1
    for claim in result["claims"]:
        for test in claim["differences"].values():
            test["p_corrected"] = math.nan
    assert "one split, no evidence about other splits" in caption(result)
    _, *lines, last, _ = claim_lines(result)
    assert last.startswith(
        "No p values: differences over seeds of one split are no evidence "
        "about other splits. A seed on each of 10 splits"
    )
    assert not any("p = " in line for line in lines)


def test_ten_splits_are_enough(result):
    result["protocol"]["num_splits"] = 10
    assert "over 10 splits (9 degrees of freedom)" in claim_lines(result)[-2]
    assert "tells more" not in "".join(claim_lines(result))


def test_few_labels_are_said_beside_p_values(result):
    result["protocol"]["rarest_labels"]["click"] = 2
    _, *lines = claim_lines(result)
    assert "(p = 0.2, few labels)" in lines[0]
    assert "(p = 0.053, few labels)" in lines[1]
    assert lines[-2] == (
        "Few labels: a test split holds 2 of the rarer class of `click`, so "
        "that a row or two may move its AUC more than any method."
    )


def test_notes_of_the_protocol_are_told(result):
    result["protocol"]["notes"] = ["It did not search."]
    assert claim_lines(result)[-2] == "It did not search."


def test_routes_that_people_drew_are_counted(result):
    space = RouteSpace(("click", "buy"), 2, 2, value_scope="all_prev")
    chain, full = space.hand_made.chain(), space.full_route()
    # The same network: s4 serves no task.
    blocks = {**chain.blocks, "s4": BlockRoute(("s1",))}
    blocks["buy"] = BlockRoute(("s3",))
    drawn = dataclasses.replace(chain, blocks=blocks)
    same = dataclasses.replace(
        drawn, blocks={**blocks, "s4": BlockRoute(("s1", "s2"), "root")}
    )
    for method, seed, route in (
        (("chain_route", None), 0, drawn),
        (("chain_route", None), 1, drawn),
        (("mtnas", "retrained"), 0, same),
        (("mtnas", "retrained"), 1, full),
        (("mtnas", "cost 0.1 retrained"), 0, full),
    ):
        row = make_row(method, 1.0, None, None, 1.0, 1.0)
        row["route"] = route.to_dict()
        result["rows"].append({**row, "seed": seed})
    assert claim_lines(result)[-2] == (
        "mtnas (retrained): its route is a hand-made one in 1 of 2 pairs."
    )


def test_points_are_the_methods_with_a_cost(result):
    assert report.pareto_points(result) == [
        Point("mtnas (picked)", 1000.0, 1.75, 0.0, "best of many"),
        Point("mmoe", 2000.5, 1.5, 0.25, "mean or one training"),
    ]
    # One training of what has a mean is no point of its own.
    result["rows"].append(make_row(("mmoe", "mean"), 1.4, 1500, 2000, 9, 0.7))
    result["summary"].append(make_entry(("mmoe", "mean"), "score", 1.4, 0.1))
    assert report.pareto_points(result)[1:] == [
        Point("mmoe (mean)", 2000.0, 1.4, 0.1, "mean or one training"),
    ]


def test_domains_have_a_table_behind_the_claims(result):
    for row in result["rows"]:
        values = {"auc": 0.75, "log_loss": 0.5, "num_labels": 1200}
        row["test_domains"] = {"click": {"a & <b>": values}}
    lines = [
        "| domain | model | click auc | score - mmoe |",
        "| --- | ---: | ---: | ---: |",
        "| a & <b> | labels | 1,200 |  |",
        "| a & <b> | mtnas (picked) | 0.7500 |  |",
    ]
    page = report.markdown_page(result)
    claims, table = page.split(f"- {LINES[-1]}\n")
    assert table.strip().splitlines()[:4] == lines
    assert "| mmoe | 1.2500" in claims
    assert CAPTION in page and table.strip().endswith(domain_report.CAPTION)
    text = report.text_page(result).split("\n\n")
    header = text[-2].splitlines()[0]
    assert header.split() == "domain model click auc score - mmoe".split()


@pytest.mark.parametrize(
    ("num_seeds", "num_splits", "text"),
    [
        (1, 1, "1 seed on one split"),
        (3, 1, "3 seeds on one split"),
        (1, 3, "1 seed on each of 3 splits"),
    ],
)
def test_pairs_are_counted_in_words(num_seeds, num_splits, text):
    protocol = {"num_seeds": num_seeds, "num_splits": num_splits}
    assert pairs(protocol) == text
