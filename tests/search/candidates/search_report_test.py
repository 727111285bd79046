import math

import pytest
from toy_data import SCHEMA

from mtnas_tf.search import ReportRow
from mtnas_tf.search import SearchReport

NETWORKS = ("searched", "random routes", "MMoE")
BEST = (0.5, 0.25, 0.75)  # scores
MEANS = ((0.5, 0.03), (0.25, 0.04), (0.125, 0.0))
METRICS = {"click": {"auc": 0.75, "log_loss": 9.0}, "stars": {"mse": 0.5}}


def make_report(costs=(3000, 3000, 2900)):
    rows = []
    for name, score, (mean, error), cost in zip(
        NETWORKS, BEST, MEANS, costs, strict=True
    ):
        rows += [
            ReportRow(name, True, 12, cost, METRICS, score, math.nan),
            ReportRow(name, False, 4, cost, METRICS, mean, error),
        ]
    return SearchReport(SCHEMA.tasks, 1234, rows)


TABLE = """
                           multiply-adds  click auc  stars mse  score
searched, best of 12               3,000     0.7500     0.5000  0.5000
searched, mean of 4                3,000     0.7500     0.5000  0.5000 ± 0.0300
random routes, best of 12          3,000     0.7500     0.5000  0.2500
random routes, mean of 4           3,000     0.7500     0.5000  0.2500 ± 0.0400
MMoE, best of 12                   2,900     0.7500     0.5000  0.7500
MMoE, mean of 4                    2,900     0.7500     0.5000  0.1250 ± 0.0000
"""


def test_table():
    assert make_report().table() == TABLE.strip("\n")


def test_conclusion():
    best, means, caution = make_report().conclusion().splitlines()
    assert best.startswith(
        "On the 1,234 test rows the best searched network scores 0.2500 more "
        "than the best random route and 0.2500 less than the best MMoE"
    )
    assert (
        "the searched route scores 0.2500 ± 0.0500 more than random routes and "
        "0.3750 ± 0.0300 more than MMoE, on average"
    ) in means
    assert "one split" in caution


@pytest.mark.parametrize("cost", [2800, 3200])
def test_other_costs_are_told(cost):
    lines = make_report((3000, 3000, cost)).conclusion().splitlines()
    assert lines[2].startswith("MMoE has sub-networks of the same width")


def test_printed_it_begins_on_a_line_of_its_own():
    report = make_report()
    assert str(report) == f"\n{report.table()}\n\n{report.conclusion()}"
