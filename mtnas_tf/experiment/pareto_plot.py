"""Quality against the cost of serving, as a picture."""

import dataclasses
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path

from matplotlib.figure import Figure

from mtnas_tf.search.pareto_front import pareto_front

FRONT_COLOR = "#0072B2"  # Okabe and Ito's colours
POINT_COLOR = "#757575"


@dataclasses.dataclass(frozen=True)
class Point:
    """A network, or the mean of several.

    Args:
        label: string; empty for none.
        cost: multiply-adds of a row.
        score: float, larger is better.
        error: float. Standard error of the score. Defaults to `0.0`.
    """

    label: str
    cost: float
    score: float
    error: float = 0.0


def draw_pareto(points: Sequence[Point], path: str | Path, title: str) -> None:
    """Draws points and their Pareto front.

    Args:
        points: at least one.
        path: file to write; its suffix is the format.
        title: string.
    """
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    front = pareto_front(points, attrgetter("cost"), attrgetter("score"))
    axes.step(
        [point.cost for point in front],
        [point.score for point in front],
        where="post",
        color=FRONT_COLOR,
        linewidth=1,
        label="Pareto front",
    )
    for point in points:
        color = FRONT_COLOR if point in front else POINT_COLOR
        axes.errorbar(
            point.cost,
            point.score,
            yerr=point.error or None,
            fmt="o",
            markersize=4,
            color=color,
        )
        axes.annotate(
            point.label,
            (point.cost, point.score),
            textcoords="offset points",
            xytext=(5, 4),
            fontsize=7,
            color=color,
        )
    axes.set_xlabel("multiply-adds a row, behind the embeddings")
    axes.set_ylabel("score: sum of the tasks' AUCs")
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(path)
