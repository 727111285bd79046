import json
import sys
import types

import pytest

from benchmarks import __main__ as command
from benchmarks import report


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs the command on made-up sections; its exit status and results."""
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
    monkeypatch.setattr(
        command, "SECTIONS", {name: f"section_{name}" for name in sections}
    )

    def run(*arguments):
        arguments = ["benchmarks", *arguments, "--output", str(output)]
        monkeypatch.setattr(sys, "argv", arguments)
        status = command.main()
        return status, json.loads(output.read_text()), output

    return run


def test_a_failing_section_leaves_the_others(run):
    status, results, output = run("--only", "broken", "quick")
    assert status == 1
    sections = results["sections"]
    assert sections["broken"]["error"] == "RuntimeError: no luck"
    assert results["speed"] == sections["quick"]["speed"]
    assert sections["quick"]["machine"]["cores"] >= 1
    page = output.with_suffix(".md").read_text()
    assert "## Quick\n\nHow.\n\n- **speed**: 2 (1-3), x" in page
    assert "| subject | ms |\n| --- | --- |\n| x | 1.5 |" in page
    assert sorted(path.name for path in output.parent.iterdir()) == [
        "results.json",
        "results.md",
    ]


def test_other_sections_of_an_existing_file_stay(run):
    run("--only", "broken")
    status, results, _ = run("--only", "quick", "--rounds", "9")
    assert status == 0
    assert "error" in results["sections"]["broken"]
    assert results["sections"]["quick"]["rounds_given"] == 9


def test_a_smoke_run_takes_few_rounds(run):
    _, results, _ = run("--only", "quick", "--smoke")
    assert results["sections"]["quick"]["rounds_given"] == command.SMOKE_ROUNDS
    assert results["sections"]["quick"]["is_smoke"] is True


@pytest.mark.parametrize(("arguments", "status"), [((), 0), (("--smoke",), 1)])
def test_a_subject_may_fail_but_in_a_smoke_run(run, arguments, status):
    assert run("--only", "partly", *arguments)[0] == status


def test_cells_of_a_table():
    page = report.markdown(
        {"s": {"a": {"b": {"c": 1}, "d": None}, "n": 12345.6, "t": "x|y"}}
    )
    assert "- **a**: b (c 1); d " in page
    assert "- **n**: 12,346" in page
    assert "- **t**: x\\|y" in page
