"""Draws the two figures of README.md from the rows of a comparison.

python docs/figures/draw.py
"""

import json
from pathlib import Path
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtnas_tf.plots import draw_route
from mtnas_tf.plots.palette import BLUE
from mtnas_tf.plots.palette import GREY
from mtnas_tf.plots.palette import INK
from mtnas_tf.routes import Route

FIGURES = Path(__file__).parent
ROWS = FIGURES.parent / "results" / "book_crossing" / "compare.json"
DRAWN = {"variant": "cost 0.03 picked", "split_seed": 0, "seed": 0}
# Label, its offset from the point and its alignment.
SEARCHED = {
    "cost 0.1 picked": ("cost weight .1", (4, -13), "left"),
    "cost 0.03 picked": (".03", (5, 6), "left"),
    "cost 0.01 picked": (".01", (5, -12), "left"),
    "picked": ("0, quality alone", (-7, 4), "right"),
}
RIVALS = {
    "mmoe": ("MMoE", (8, -11), "left"),
    "random_route": ("random routes", (-3, -15), "left"),
    "single_task": ("single-task", (-8, -3), "right"),
    "ml_mmoe": ("multi-layer MMoE", (8, -3), "left"),
    "shared_bottom": ("Shared-Bottom", (8, -3), "left"),
}
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "mtnas_tf", "font.size": 9}


def main() -> None:
    """Writes both figures."""
    result = json.loads(ROWS.read_text(encoding="utf-8"))
    draw_route(_route(result["rows"]), FIGURES / "route_book_crossing.svg")
    with style.context(["default", STYLE]):
        figure = Figure(figsize=(5.6, 3.3), layout="constrained")
        _draw_networks(figure.add_subplot(), result)
        figure.savefig(
            FIGURES / "cost_book_crossing.svg", metadata={"Date": None}
        )


def _route(rows: list[dict[str, Any]]) -> Route:
    """The route of one search."""
    for row in rows:
        if all(row[key] == value for key, value in DRAWN.items()):
            return Route.from_json(json.dumps(row["route"]))
    raise ValueError(f"{ROWS} has no row {DRAWN}")


def _draw_networks(axes: Axes, result: dict[str, Any]) -> None:
    """Score and cost of each method's best of 32 trainings."""
    axes.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
    points = []
    for variant, placed in SEARCHED.items():
        point = _point(result, "mtnas", variant)
        points.append(point[:2])
        _draw_point(axes, point, BLUE, *placed)
    axes.plot(*zip(*points, strict=True), color=BLUE, linewidth=1)
    axes.text(
        0.03, 0.93, "searched routes", color=BLUE, transform=axes.transAxes
    )
    for model, placed in RIVALS.items():
        _draw_point(axes, _point(result, model, "restarted"), GREY, *placed)
    axes.set_xlim(10_000, 50_500)
    axes.set_xlabel("multiply-adds per row, without the embeddings")
    axes.set_ylabel("sum of both AUCs, minus MMoE's")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_point(
    axes: Axes,
    point: tuple[float, float, float],
    color: str,
    label: str,
    offset: tuple[float, float],
    align: str,
) -> None:
    cost, score, error = point
    axes.errorbar(
        cost, score, yerr=error, fmt="o", markersize=5, color=color, linewidth=1
    )
    axes.annotate(
        label,
        (cost, score),
        xytext=offset,
        textcoords="offset points",
        color=INK,
        ha=align,
    )


def _point(
    result: dict[str, Any], model: str, variant: str
) -> tuple[float, float, float]:
    """Multiply-adds, score minus MMoE's and its standard error."""
    rows = [
        row
        for row in result["rows"]
        if (row["model"], row["variant"]) == (model, variant)
    ]
    summary = next(
        entry
        for entry in result["summary"]
        if (entry["model"], entry["variant"]) == (model, variant)
        and entry["metric"] == "score"
    )
    cost = sum(row["multiply_adds"] for row in rows) / len(rows)
    return (
        cost,
        summary.get("delta_vs_mmoe", 0.0),
        summary.get("delta_std_error", 0.0),
    )


if __name__ == "__main__":
    main()
