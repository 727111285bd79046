import dataclasses
import json
import pathlib
import sys
import types

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.cost import page as cost_page
from benchmarks.harness import report
from studies import __main__ as studies

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs `benchmarks` on made-up sections; status, results and page."""
    output = tmp_path / "new" / "results.json"

    def broken(settings):
        raise RuntimeError("no luck")

    sections = {
        "quick": lambda settings: {
            "speed": {"ratio": 2.0, "spread": [1.0, 3.0], "peer": "x"},
            "rows": [{"subject": "x", "ms": 1.5, "error": None}],
            "rounds_given": settings.rounds,
        },
        "broken": broken,
        "partly": lambda settings: {"rows": [{"subject": "x", "error": "no"}]},
    }
    for name, function in sections.items():
        module = types.SimpleNamespace(run=function, __doc__="How.")
        monkeypatch.setitem(sys.modules, f"section_{name}", module)
    modules = {name: f"section_{name}" for name in sections}
    program = dataclasses.replace(benchmarks.PROGRAM, modules=modules)
    monkeypatch.setattr(benchmarks, "PROGRAM", program)

    def run(*arguments):
        arguments = ["benchmarks", *arguments, "--output", str(output)]
        monkeypatch.setattr(sys, "argv", arguments)
        status = benchmarks.main()
        page = output.with_suffix(".md").read_text()
        return status, json.loads(output.read_text()), page

    return run


def test_a_failing_section_leaves_the_others(run):
    status, results, page = run("--only", "broken", "quick")
    assert status == 1
    sections = results["sections"]
    assert sections["broken"]["error"] == "RuntimeError: no luck"
    assert results["speed"] == sections["quick"]["speed"]
    assert sections["quick"]["machine"]["cores"] >= 1
    assert "## Quick\n\nHow.\n\n- **speed**: 2 (1-3), x" in page
    assert "| subject | ms |\n| --- | --- |\n| x | 1.5 |" in page


def test_other_sections_of_an_existing_file_stay(run):
    run("--only", "broken")
    status, results, _ = run("--only", "quick", "--rounds", "9")
    assert status == 0
    assert "error" in results["sections"]["broken"]
    assert results["sections"]["quick"]["rounds_given"] == 9


def test_a_subject_may_fail_but_in_a_smoke_run(run):
    assert run("--only", "partly")[0] == 0
    status, results, _ = run("--only", "partly", "quick", "--smoke")
    assert status == 1
    quick = results["sections"]["quick"]
    assert quick["rounds_given"] == benchmarks.SMOKE_ROUNDS
    assert quick["is_smoke"] is True


@pytest.mark.parametrize("program", [benchmarks.PROGRAM, studies.PROGRAM])
def test_a_page_is_that_of_its_results(program):
    results = report.read(ROOT / program.results)
    assert list(results) == list(program.modules)
    page = (ROOT / program.page).read_text(encoding="utf-8")
    assert page == program.render(results)


def test_the_page_of_costs_is_that_of_its_results():
    results = report.read(ROOT / benchmarks.PROGRAM.results)
    page = (ROOT / "docs" / "cost_model.md").read_text(encoding="utf-8")
    assert page == cost_page.page(results["cost"])
