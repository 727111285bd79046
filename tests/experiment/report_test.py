import math
from html.parser import HTMLParser

import pytest

from mtnas_tf.experiment import report

CAPTION = (
    "Test split (40 rows), mean and standard error over 2 seeds, 2020-02-29. "
    "The difference is paired by seed against mmoe. Budget: cost in trainings "
    "of mmoe, compilation included."
)


def make_row(model, variant, dense, step, seconds, budget):
    return {
        "model": model,
        "variant": variant,
        "num_parameters": {"dense": dense, "embedding": 7},
        "step_milliseconds": step,
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


@pytest.fixture
def result():
    return {
        "dataset": "toy & <b>",
        "protocol": {
            "rows": {"train": 100, "valid": 60, "test": 40},
            "num_seeds": 2,
            "date": "2020-02-29",
        },
        "rows": [
            make_row("mmoe", None, 1500, 1.0, 10, 0.8),
            make_row("mmoe", None, 1600, 2.0, 15, 1.2),
            make_row("mtnas", "picked", 1234, 3.04, 40.4, 3.25),
        ],
        "summary": [
            make_entry("mmoe", None, "mtl_loss", 1.25, 0.0125),
            make_entry("mmoe", None, "click_auc", 0.75, 0.5),
            make_entry("mtnas", "picked", "mtl_loss", 1.2, 0.1, (-0.05, 0.02)),
            make_entry("mtnas", "picked", "click_auc", 0.8, math.nan),
        ],
    }


def test_markdown_table(result):
    assert report.markdown_table(result) == (
        "| model | mtl loss | click auc | loss - mmoe | dense params | step ms "
        "| seconds | budget |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        "| mmoe | 1.2500 ± 0.0125 | 0.7500 ± 0.5000 |  | 1,550 | 1.5 "
        "| 12 | 1.0 |\n"
        "| mtnas (picked) | 1.2000 ± 0.1000 | 0.8000 | -0.0500 ± 0.0200 "
        "| 1,234 | 3.0 | 40 | 3.2 |\n"
    )


def test_text_table_is_aligned(result):
    header, rule, *lines = report.text_table(result).split("\n")
    assert rule == "-" * len(header)
    assert {len(line) for line in (header, *lines)} == {len(header)}
    cells = ["mtnas (picked)", "1.2000 ± 0.1000", "-0.0500 ± 0.0200", "3.2"]
    assert all(cell in lines[1] for cell in cells)
    assert lines[0].startswith("mmoe ") and lines[0].endswith(" 1.0")


def test_one_seed_has_no_errors_and_no_baseline_no_budget(result):
    for entry in result["summary"]:
        entry["std_error"] = math.nan
        if "delta_vs_mmoe" in entry:
            entry["delta_std_error"] = math.nan
    for row in result["rows"]:
        row["budget"] = math.nan
    table = report.markdown_table(result)
    assert "±" not in table and "nan" not in table
    assert "| mtnas (picked) | 1.2000 | 0.8000 | -0.0500 |" in table
    assert table.endswith("| 40 |  |\n")


def test_caption(result):
    assert report.caption(result) == CAPTION


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
    assert len(page.texts["th"]) == 8
    cells = [text.strip() for text in page.texts["td"]]
    assert len(cells) == 16
    assert cells[8:10] == ["mtnas (picked)", "1.2000 ± 0.1000"]
    assert not page.links  # self-contained
