"""The notebooks are the scripts of `examples/`, and show what these print."""

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "docs" / "notebooks"
RUN = sorted(NOTEBOOKS.glob("*.ipynb"))
EXAMPLES = sorted(path.name for path in ROOT.glob("examples/*.py"))
SCRIPT = '''"""Doubles a number.

    python double.py 3
    python double.py 4

It has two steps.
"""

import argparse
import math


def main(number, path):
    """Doubles."""
    half = math.floor(number)
    # Twice.
    twice = 2 * half

    draw_route(twice, path / "a.svg")
    for _ in range(2):
        print(twice)

        print(half)


if __name__ == "__main__":
    main(3)
'''


@pytest.fixture(scope="module", autouse=True)
def importable():
    """The modules beside the notebooks, which no package holds."""
    sys.path.insert(0, str(NOTEBOOKS))
    yield
    sys.path.remove(str(NOTEBOOKS))


def cells_of(*arguments):
    from cells import cells_of

    found = cells_of(*arguments)
    return [(cell.kind, cell.source) for cell in found]


def test_cells_of_a_script():
    values = {"number": "3.5", "path": "path"}  # the setup has a `path`
    text, *cells = cells_of(SCRIPT, "double.py", values, ("path = p",))
    assert text[0] == "markdown"
    assert text[1].startswith("# Doubles a number\n")
    assert "```\npython double.py 3\npython double.py 4\n```\n" in text[1]
    assert text[1].endswith("It has two steps.")
    assert cells == [
        ("code", "import math"),
        ("code", "path = p\nnumber = 3.5"),
        ("code", "half = math.floor(number)\n# Twice.\ntwice = 2 * half"),
        (
            "code",
            'draw_route(twice, path / "a.svg")\n'
            "for _ in range(2):\n    print(twice)\n\n    print(half)",
        ),
        ("code", 'SVG(path / "a.svg")'),
    ]


def test_values_are_those_of_the_arguments():
    with pytest.raises(ValueError, match="`values` must be.*path"):
        cells_of(SCRIPT, "double.py", {"number": "3"})


def notebook(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_script_can_be_a_notebook():
    from scripts import SCRIPTS

    assert sorted(SCRIPTS) == EXAMPLES == [f"{p.stem}.py" for p in RUN]
    for name, arguments in SCRIPTS.items():
        text = (ROOT / "examples" / name).read_text(encoding="utf-8")
        for kind, source in cells_of(text, name, *arguments):
            if kind == "code":
                compile(source, name, "exec")


@pytest.mark.parametrize("path", RUN, ids=[path.stem for path in RUN])
def test_notebook_is_in_step_with_its_script(path):
    from scripts import SCRIPTS

    name = f"{path.stem}.py"
    text = (ROOT / "examples" / name).read_text(encoding="utf-8")
    kept = [
        (cell["cell_type"], "".join(cell["source"]))
        for cell in notebook(path)["cells"]
    ]
    assert kept == cells_of(text, name, *SCRIPTS[name])


@pytest.mark.parametrize("path", RUN, ids=[path.stem for path in RUN])
def test_notebook_was_run_and_is_small(path):
    assert path.stat().st_size < 300_000
    cells = notebook(path)["cells"]
    cells = [cell for cell in cells if cell["cell_type"] == "code"]
    counts = [cell["execution_count"] for cell in cells]
    assert counts == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    kinds = {output["output_type"] for output in outputs}
    assert "stream" in kinds and "error" not in kinds
    printed = "".join("".join(output.get("text", "")) for output in outputs)
    # Bars, colours and folders of the machine that ran it are left out.
    assert not re.search(r"[\x08\r\x1b]|/home/|/root/|/tmp/", printed)
