"""Quality against cost, and every method of a comparison."""

from typing import Any

from mtnas_tf.experiment.comparison import report
from mtnas_tf.experiment.comparison.captions import caption
from mtnas_tf.experiment.comparison.captions import is_methods_only
from mtnas_tf.experiment.comparison.domain_report import CAPTION
from mtnas_tf.experiment.comparison.domain_report import domain_cells
from mtnas_tf.experiment.reporting.differences_figure import differences_figure
from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.plots.pareto_plot import Point
from mtnas_tf.plots.pareto_plot import draw_pareto


def quality_section(result: dict[str, Any]) -> Section:
    """The section of quality against cost.

    Args:
        result: what `compare` returns.
    """
    header, *rows = report.table_cells(result)
    table = PageTable(caption(result), header, rows)
    panels = report.differences_to_mmoe(result)
    if is_methods_only(result["protocol"]) and any(panels.values()):
        figure = differences_figure(
            panels,
            "Every method minus MMoE, ± the standard error; the table below "
            "has the numbers.",
        )
    else:
        figure = cost_figure(
            report.pareto_points(result),
            "Quality on the test rows against the cost of serving, ± the "
            "standard error; the table below has the numbers.",
        )
    return Section("Quality and cost", [figure, table])


def domains_section(result: dict[str, Any]) -> Section:
    """The section within domains; without parts where there are none.

    Args:
        result: what `compare` returns.
    """
    parts = []
    if cells := domain_cells(result):
        header, *rows = cells
        parts.append(PageTable(CAPTION, header, rows, num_texts=2))
    return Section("Within domains", parts)


def cost_figure(points: list[Point], caption: str) -> PageFigure:
    """Points of quality and cost, each of which says what it is.

    Args:
        points: see `draw_pareto`; at least one.
        caption: string.
    """
    tips = {}
    for index, point in enumerate(points):
        error = f" ± {point.error:.4f}" if point.error else ""
        tips[f"point-{index}"] = (
            f"{point.label or 'a route'}: score {point.score:.4f}{error}, "
            f"{point.cost:,.0f} multiply-adds a row"
        )
    best = max(points, key=lambda point: point.score)
    alt = (
        f"{len(points)} networks by score and multiply-adds. The best score, "
        f"{best.score:.4f}, is that of {best.label or 'a route'} at "
        f"{best.cost:,.0f} multiply-adds."
    )
    return PageFigure.drawn(
        lambda path: draw_pareto(points, path, "Quality against cost"),
        alt,
        caption,
        tips,
    )
