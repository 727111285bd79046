"""A sweep as one page for a browser."""

from typing import Any

from mtnas_tf.experiment.comparison import report
from mtnas_tf.experiment.comparison import sweep as sweeping
from mtnas_tf.experiment.comparison.captions import caption
from mtnas_tf.experiment.comparison.captions import pairs
from mtnas_tf.experiment.comparison.captions import test_rows
from mtnas_tf.experiment.reporting.comparison_limits import OFFLINE
from mtnas_tf.experiment.reporting.comparison_limits import TITLE
from mtnas_tf.experiment.reporting.folded import Folded
from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.questions import NAMES
from mtnas_tf.experiment.reporting.questions import question_section
from mtnas_tf.experiment.reporting.render import render
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.experiment.signed import signed

UNTESTED = (
    "Differences between variants are paired by split and seed, and not "
    "tested; among so many some are large by chance."
)


def sweep_page(result: dict[str, Any]) -> str:
    """A sweep as one page, which needs no other file.

    Args:
        result: what `run_sweep` returns.

    Returns:
        HTML.
    """
    first = next(iter(result["variants"].values()))
    protocol = first["protocol"]
    lead = (
        f"{len(result['variants'])} variants on {first['dataset']}. "
        f"{test_rows(protocol)}, {pairs(protocol)}, {protocol['date']}."
    )
    limits = [UNTESTED, OFFLINE]
    sections = [
        Section("What each variant changes", _changes(result)),
        Section("Each variant", _variants(result)),
        Section(TITLE, [limits]),
    ]
    return render(result["title"], lead, sections)


def _changes(result: dict[str, Any]) -> list[Any]:
    """The differences from the first variant; none without others."""
    first, *others = result["variants"]
    if not others:
        return []
    figure = PageFigure.drawn(
        lambda path: sweeping.draw_sweep(result, path),
        f"Loss and score of every method in {', '.join(others)}, minus "
        f"{first}, as dots with errors. The table has the numbers.",
        f"Every method in each variant minus the same in {first}.",
    )
    rows = [
        [
            delta["method"],
            delta["of"],
            NAMES[delta["metric"]],
            signed(delta["mean"], delta["std_error"]),
            str(delta["num_pairs"]),
        ]
        for delta in result["differences"]
    ]
    table = PageTable(
        f"Differences from {first}, ± the standard error over splits.",
        ["model", "variant", "quantity", "difference", "pairs"],
        rows,
        num_texts=3,
    )
    return [UNTESTED, figure, table]


def _variants(result: dict[str, Any]) -> list[Any]:
    """The methods of every variant, and their questions."""
    folded = []
    for label, compared in result["variants"].items():
        header, *rows = report.table_cells(compared)
        questions = question_section(compared["claims"]).parts
        table = PageTable(caption(compared), header, rows)
        folded.append(Folded(label, [*questions, table]))
    return folded
