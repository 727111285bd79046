"""A quickstart as one page for a browser."""

import json
from pathlib import Path
from typing import Any

from mtnas_tf.config import load_config
from mtnas_tf.experiment.quickstart import report
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.quality_section import cost_figure
from mtnas_tf.experiment.reporting.render import render
from mtnas_tf.experiment.reporting.run_page import about_run
from mtnas_tf.experiment.reporting.run_page import run_sections
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.experiment.run_inputs import CONFIG
from mtnas_tf.plots.pareto_plot import Point


def quickstart_page(workdir: Path) -> str:
    """A quickstart as one page: its comparison, then its search.

    Args:
        workdir: the directory.

    Returns:
        HTML.
    """
    path = workdir / "comparison.json"
    result = json.loads(path.read_text(encoding="utf-8"))
    run = workdir / "search"
    sections = run_sections(run, load_config(run / CONFIG), about_run(run))
    lead = (
        f"A made-up log with {result['num_tasks']} tasks, in groups that "
        f"disagree: {result['groups']}. The search "
        f"{'found' if result['groups_found'] else 'did not find'} them."
    )
    title = f"Quickstart on {result['dataset']}"
    return render(title, lead, [_compared(result), *sections])


def _compared(result: dict[str, Any]) -> Section:
    """The section that compares the networks, means from fresh starts."""
    header, *rows = report.cells(result)
    header = ["network", *header[1:]]
    points = [
        Point(
            row["network"], row["multiply_adds"], row["mean"], row["std_error"]
        )
        for row in result["rows"]
    ]
    figure = cost_figure(
        points, "Mean AUC on the test rows from fresh starts, over the cost."
    )
    table = PageTable(report.caption(result), header, rows, num_texts=2)
    return Section("Is it better?", [report.verdicts(result), figure, table])
