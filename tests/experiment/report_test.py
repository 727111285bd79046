import math
from html.parser import HTMLParser

import pytest

from mtnas_tf.experiment import report
from mtnas_tf.experiment.pareto_plot import Point

CAPTION = (
    "Test split (40 rows), mean and standard error over 2 seeds on each of 3 "
    "splits, 2020-02-29. Score: sum of the AUCs (a multi-class task counts its "
    "accuracy, a regression minus its squared error). Differences are "
    "paired by split and seed against mmoe. Restarted: the best on validation "
    "of 12 trainings, as many as a search makes. Budget: seconds in trainings "
    "of mmoe, compilation included."
)
CLAIMS = [
    "mtnas (picked) minus mmoe (restarted): score +0.0125 ± 0.0050 over 6 "
    "pairs, p = 0.053",
    "mtnas (picked) minus mmoe: score -0.5000 over 1 pair, 0.40 of its "
    "multiply-adds",
]


def make_row(model, variant, dense, multiply_adds, seconds, budget, count=1):
    return {
        "model": model,
        "variant": variant,
        "num_trainings": count,
        "num_parameters": dense and {"dense": dense, "embedding": 7},
        "multiply_adds": multiply_adds,
        "train_seconds": seconds,
        "budget": budget,
    }


def make_entry(model, variant, metric, mean, error, delta=None):
    entry = {
        "model": model,
        "variant": variant,
        "metric": metric,
        "mean": mean,
        "std_error": error,
    }
    if delta:
        entry["delta_vs_mmoe"], entry["delta_std_error"] = delta
        entry["p_value"] = 0.5
    return entry


def make_claim(minus, mean, error, p_value, num_pairs, cost_ratio=None):
    return {
        "of": ("mtnas", "picked"),
        "minus": minus,
        "mean": mean,
        "std_error": error,
        "p_value": p_value,
        "num_pairs": num_pairs,
        "cost_ratio": cost_ratio,
    }


@pytest.fixture
def result():
    nan = math.nan
    return {
        "dataset": "toy & <b>",
        "protocol": {
            "rows": {"train": 100, "valid": 60, "test": 40},
            "num_seeds": 2,
            "num_splits": 3,
            "trainings_of_a_search": 12,
            "date": "2020-02-29",
        },
        "rows": [
            make_row("mmoe", None, 1500, 2000, 10, 0.8),
            make_row("mmoe", None, 1600, 2001, 15, 1.2),
            make_row("mtnas", "picked", 1234, 1000, 40.44, 3.25, count=12),
            make_row("random_route", "mean", None, None, 1.0, 0.1, count=12),
        ],
        "summary": [
            make_entry("mmoe", None, "mtl_loss", 1.25, 0.0125),
            make_entry("mmoe", None, "score", 1.5, 0.25),
            make_entry("mtnas", "picked", "mtl_loss", 1.2, 0.1, (-0.05, 0.02)),
            make_entry("mtnas", "picked", "score", 1.75, nan, (0.25, nan)),
            make_entry("random_route", "mean", "mtl_loss", 1.5, 0.5),
            make_entry("random_route", "mean", "score", 1.0, 0.5),
        ],
        "claims": [
            make_claim(("mmoe", "restarted"), 0.0125, 0.005, 0.0526, 6),
            make_claim(("mmoe", None), -0.5, nan, nan, 1, 0.4),
        ],
    }


TABLE = (
    "| model | mtl loss | score | score - mmoe | loss - mmoe | trainings "
    "| dense params | multiply-adds | seconds | budget |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    "| mmoe | 1.2500 ± 0.0125 | 1.5000 ± 0.2500 |  |  | 1 "
    "| 1,550 | 2,000 | 12.5 | 1.0 |\n"
    "| mtnas (picked) | 1.2000 ± 0.1000 | 1.7500 | +0.2500 "
    "| -0.0500 ± 0.0200 | 12 | 1,234 | 1,000 | 40.4 | 3.2 |\n"
    "| random_route (mean) | 1.5000 ± 0.5000 | 1.0000 ± 0.5000 |  |  | 12 "
    "|  |  | 1.0 | 0.1 |\n"
)


def test_markdown_table(result):
    assert report.markdown_table(result) == TABLE


def test_markdown_page(result):
    claims = "".join(f"- {line}\n" for line in CLAIMS)
    page = report.markdown_page(result)
    assert page == f"{TABLE}\n{CAPTION}\n\n{claims}"


def test_text_table_is_aligned(result):
    header, rule, *lines = report.text_table(result).split("\n")
    assert rule == "-" * len(header)
    assert {len(line) for line in (header, *lines)} == {len(header)}
    cells = ["mtnas (picked)", "1.2000 ± 0.1000", "-0.0500 ± 0.0200", "3.2"]
    assert all(cell in lines[1] for cell in cells)
    assert lines[0].startswith("mmoe ") and lines[0].endswith(" 1.0")


def test_caption(result):
    assert report.caption(result) == CAPTION


def test_claims_are_sentences(result):
    assert report.claim_lines(result) == CLAIMS


def test_points_are_the_methods_with_a_cost(result):
    assert report.pareto_points(result) == [
        Point("mmoe", 2000.5, 1.5, 0.25),
        Point("mtnas (picked)", 1000.0, 1.75, 0.0),
    ]


class Texts(HTMLParser):
    """Cells, title and paragraphs of a page."""

    def __init__(self, page):
        super().__init__()
        self.texts = {}
        self.links = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.texts.setdefault(tag, []).append("")
        self.last = tag
        self.links += [v for k, v in attrs if k in ("href", "src")]

    def handle_data(self, data):
        if hasattr(self, "last"):
            self.texts[self.last][-1] += data


def test_html_page(result):
    page = Texts(report.html_page(result))
    assert page.texts["title"][0].strip() == "Comparison on toy & <b>"
    assert page.texts["p"][0].strip() == CAPTION
    assert "b" not in page.texts  # escaped
    assert len(page.texts["th"]) == 10
    cells = [text.strip() for text in page.texts["td"]]
    assert len(cells) == 30
    assert cells[10:12] == ["mtnas (picked)", "1.2000 ± 0.1000"]
    assert [text.strip() for text in page.texts["li"]] == CLAIMS
    assert not page.links  # self-contained


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
    assert report.pairs(protocol) == text
