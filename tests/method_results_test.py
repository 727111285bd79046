"""What the pages of methods say of results is what was measured."""

import json
import re
from pathlib import Path

import pytest

from mtnas_tf.experiment.signed import signed
from mtnas_tf.models import MODELS

DOCS = Path(__file__).parents[1] / "docs"
RESULTS = (
    "methods_book_crossing",
    "methods_census_income",
    "methods_kuairand",
)
INDEX = DOCS / "methods" / "README.md"


def differences(folder):
    """Name of a method -> its score minus MMoE's, as pages write it."""
    path = DOCS / "results" / folder / "compare.json"
    summary = json.loads(path.read_text(encoding="utf-8"))["summary"]
    return {
        entry["model"]: signed(entry["delta_vs_mmoe"], entry["delta_std_error"])
        for entry in summary
        if (entry["task"], entry["metric"]) == (None, "score")
        and entry["model"] != "mmoe"
    }


def pages():
    """Name of a method -> its page."""
    rows = re.findall(
        r"^\| \[.*?\]\(([^)#]+).*?\) \| ([`\w, ]+) \|",
        INDEX.read_text(encoding="utf-8"),
        re.M,
    )
    return {
        name: (INDEX.parent / path).resolve()
        for path, names in rows
        for name in re.findall(r"`(\w+)`", names)
    }


@pytest.mark.parametrize("folder", RESULTS)
def test_pages_repeat_the_differences(folder):
    measured = differences(folder)
    found = pages()
    assert set(found) <= set(MODELS)
    for name in set(measured) & set(found):
        words = found[name].read_text(encoding="utf-8").split()
        assert measured[name] in " ".join(words), name


@pytest.mark.parametrize("folder", RESULTS)
def test_tables_repeat_the_differences(folder):
    result = DOCS / "results" / folder / "README.md"
    for page in (INDEX, result):
        lines = page.read_text(encoding="utf-8").splitlines()
        for name, text in differences(folder).items():
            of_method = [
                line for line in lines if line.startswith(f"| {name} ")
            ]
            assert any(text in line for line in of_method), (page, name)
