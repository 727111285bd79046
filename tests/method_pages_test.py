"""Every method of the zoo has a page, with all that a page holds."""

import re
from pathlib import Path

import pytest

from mtnas_tf.models import MODELS

METHODS = Path(__file__).parents[1] / "docs" / "methods"
ROW = re.compile(r"^\| \[[^]]+\]\(([\w.#]+)\) \| (.*?) \|", re.M)
PARTS = (
    "**Shared:**",
    "<img src=",
    "\n\n    ",  # an equation
    "**Use it**",
    "**Arguments:**",
    "```python",
    "**Reference",
    "**How ours differs:**",
)


def pages():
    """Name of a method -> its page, as the table of all methods links it."""
    text = (METHODS / "README.md").read_text(encoding="utf-8")
    return {
        name: page.partition("#")[0]
        for page, names in ROW.findall(text)
        for name in re.findall(r"`(\w+)`", names)
    }


def test_the_table_lists_the_zoo_in_order():
    assert list(pages()) == list(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_a_page_has_its_parts_in_order(name):
    text = (METHODS / pages()[name]).read_text(encoding="utf-8")
    places = [text.find(part) for part in PARTS]
    assert -1 not in places
    assert places == sorted(places)
    drawing = "snr" if name.startswith("snr_") else name
    assert f'src="../figures/methods/{drawing}.svg" width="400" alt=' in text
