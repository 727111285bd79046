"""Draws the figures of README.md, and a route, from rows of comparisons.

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
RESULTS = FIGURES.parent / "results"
# Comparison -> the search whose route is drawn.
ROUTES = {
    "book_crossing": {"variant": "cost 0.03 picked", "split_seed": 0},
    "kuairand": {"variant": "picked", "split_seed": 2},
}
# The best of equally many trainings: label, and its offset from the point.
POINTS = {
    ("mtnas", "picked"): ("searched route", (7, -12)),
    ("random_route", "restarted"): ("random routes", (7, 4)),
    ("mmoe", "restarted"): ("MMoE", (7, 5)),
    ("mmoe_weighted", "restarted"): ("MMoE, likes × 10", (4, 7)),
    ("cgc", "restarted"): ("CGC", (9, -13)),
    ("stem_net", "restarted"): ("STEM-Net", (7, 5)),
    ("cross_stitch", "restarted"): ("cross-stitch", (7, 5)),
    ("ml_mmoe", "restarted"): ("multi-layer MMoE", (7, 5)),
    ("shared_bottom", "restarted"): ("Shared-Bottom", (7, 5)),
    ("single_task", "restarted"): ("single-task", (7, 5)),
}
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "mtnas_tf", "font.size": 9}


def main() -> None:
    """Writes all figures."""
    for name, wanted in ROUTES.items():
        route = _route(_result(name)["rows"], wanted)
        draw_route(route, FIGURES / f"route_{name}.svg")
    with style.context(["default", STYLE]):
        figure = Figure(figsize=(5.6, 3.3), layout="constrained")
        _draw_networks(figure.add_subplot(), _result("kuairand"))
        file = FIGURES / "quality_kuairand.svg"
        figure.savefig(file, metadata={"Date": None})


def _result(name: str) -> dict[str, Any]:
    """The result of a comparison."""
    file = RESULTS / name / "compare.json"
    result: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return result


def _route(rows: list[dict[str, Any]], wanted: dict[str, Any]) -> Route:
    """The route of the first search that is as wanted."""
    for row in rows:
        if all(row[key] == value for key, value in wanted.items()):
            return Route.from_json(json.dumps(row["route"]))
    raise ValueError(f"There is no row {wanted}")


def _draw_networks(axes: Axes, result: dict[str, Any]) -> None:
    """Score and loss of each method's best network, minus MMoE's."""
    axes.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
    axes.axvline(0, color=GREY, linewidth=0.8, linestyle=":")
    for method, (label, offset) in POINTS.items():
        color = BLUE if method[0] == "mtnas" else GREY
        loss, loss_error = _difference(result, method, "mtl_loss")
        score, score_error = _difference(result, method, "score")
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
        )
    axes.set_xlabel("sum of five losses, minus MMoE's: lower is better")
    axes.set_ylabel("sum of five AUCs, minus MMoE's")
    axes.spines[["top", "right"]].set_visible(False)


def _difference(
    result: dict[str, Any], method: tuple[str, str], metric: str
) -> tuple[float, float]:
    """Mean of a method minus MMoE, and its standard error; 0 of MMoE itself."""
    entry = next(
        entry
        for entry in result["summary"]
        if (entry["model"], entry["variant"]) == method
        and entry["metric"] == metric
    )
    return entry.get("delta_vs_mmoe", 0.0), entry.get("delta_std_error", 0.0)


if __name__ == "__main__":
    main()
