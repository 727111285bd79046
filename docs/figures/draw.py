"""Draws the figures of README.md, and a route, from rows of comparisons.

python docs/figures/draw.py
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtnas_tf.plots import draw_route
from mtnas_tf.plots.palette import BLUE
from mtnas_tf.plots.palette import GREY
from mtnas_tf.plots.palette import INK
from mtnas_tf.routes import Route

FIGURES = Path(__file__).parent
RESULTS = FIGURES.parent / "results"
# Comparison -> the search whose route is drawn.
ROUTES = {
    "book_crossing": {"variant": "cost 0.03 picked", "split_seed": 0},
    "kuairand": {"variant": "picked", "split_seed": 2},
}
# The best of equally many trainings: label, its offset from the point and its
# alignment.
POINTS = {
    ("mtnas", "picked"): ("searched route", (7, -12), "left"),
    ("random_route", "restarted"): ("random routes", (7, 4), "left"),
    ("mmoe", "restarted"): ("MMoE", (7, 5), "left"),
    ("mmoe_weighted", "restarted"): ("MMoE, likes × 10", (4, 7), "left"),
    ("cgc", "restarted"): ("CGC", (9, -13), "left"),
    ("stem_net", "restarted"): ("STEM-Net", (7, 5), "left"),
    ("cross_stitch", "restarted"): ("cross-stitch", (7, 5), "left"),
    ("ml_mmoe", "restarted"): ("multi-layer MMoE", (7, 5), "left"),
    ("shared_bottom", "restarted"): ("Shared-Bottom", (7, 5), "left"),
    ("single_task", "restarted"): ("single-task", (7, 5), "left"),
}
MMOE = "mmoe", "restarted"
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "mtnas_tf", "font.size": 9}


def main() -> None:
    """Writes all figures."""
    for name, wanted in ROUTES.items():
        route = _route(_rows(name), wanted)
        draw_route(route, FIGURES / f"route_{name}.svg")
    with style.context(["default", STYLE]):
        figure = Figure(figsize=(5.6, 3.3), layout="constrained")
        _draw_networks(figure.add_subplot(), _rows("kuairand"))
        file = FIGURES / "quality_kuairand.svg"
        figure.savefig(file, metadata={"Date": None})


def _rows(name: str) -> list[dict[str, Any]]:
    """The rows of a comparison."""
    file = RESULTS / name / "compare.json"
    rows: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["rows"]
    return rows


def _route(rows: list[dict[str, Any]], wanted: dict[str, Any]) -> Route:
    """The route of the first search that is as wanted."""
    for row in rows:
        if all(row[key] == value for key, value in wanted.items()):
            return Route.from_json(json.dumps(row["route"]))
    raise ValueError(f"There is no row {wanted}")


def _draw_networks(axes: Axes, rows: list[dict[str, Any]]) -> None:
    """Score and loss of each method's best network, minus MMoE's."""
    axes.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
    axes.axvline(0, color=GREY, linewidth=0.8, linestyle=":")
    for method, (label, offset, align) in POINTS.items():
        color = BLUE if method[0] == "mtnas" else GREY
        loss, loss_error = _difference(rows, method, "mtl_loss")
        score, score_error = _difference(rows, method, "score")
        axes.errorbar(
            *(loss, score, score_error, loss_error),
            fmt="o",
            markersize=5,
            color=color,
            linewidth=1,
        )
        axes.annotate(
            label,
            (loss, score),
            xytext=offset,
            textcoords="offset points",
            color=BLUE if color == BLUE else INK,
            ha=align,
        )
    axes.set_xlabel("sum of five losses, minus MMoE's: lower is better")
    axes.set_ylabel("sum of five AUCs, minus MMoE's")
    axes.spines[["top", "right"]].set_visible(False)


def _difference(
    rows: list[dict[str, Any]], method: tuple[str, str], metric: str
) -> tuple[float, float]:
    """Mean of a method minus MMoE over splits, and its standard error."""
    found, reference = (
        {
            row["split_seed"]: row[metric]
            for row in rows
            if (row["model"], row["variant"]) == each
        }
        for each in (method, MMOE)
    )
    values = np.array([found[split] - reference[split] for split in found])
    return float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5)


if __name__ == "__main__":
    main()
