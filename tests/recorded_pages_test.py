"""The recorded pages of results are what their JSON files are written as."""

import json
from pathlib import Path

import pytest

from mtnas_tf.experiment.comparison import report
from mtnas_tf.experiment.comparison import sweep
from mtnas_tf.experiment.comparison.pages import concluded
from mtnas_tf.experiment.comparison.pages import concluded_sweep

RESULTS = Path(__file__).parents[1] / "docs" / "results"
# Allocations of images have pages of another kind.
COMPARISONS = sorted(
    path
    for path in RESULTS.glob("*/compare.json")
    if path.parent.name != "omniglot"
)
SWEEPS = sorted(RESULTS.glob("*/sweep.json"))


def recorded(path):
    page = path.with_suffix(".md").read_text(encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8")), page


@pytest.mark.parametrize("path", COMPARISONS, ids=lambda p: p.parent.name)
def test_comparison(path):
    result, page = recorded(path)
    assert report.markdown_page(concluded(result)) == page


@pytest.mark.parametrize("path", SWEEPS, ids=lambda p: p.parent.name)
def test_sweep(path):
    result, page = recorded(path)
    assert sweep.markdown_page(concluded_sweep(result)) == page
