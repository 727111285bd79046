"""Plots quality against the cost of serving."""

import dataclasses
import itertools
from collections.abc import Mapping
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtnas_preprocessing import local_path
from mtnas_tf.plots.palette import COLORS
from mtnas_tf.plots.palette import GREY
from mtnas_tf.routes.pareto_front import pareto_front


@dataclasses.dataclass(frozen=True)
class Point:
    """A network, or the mean of several.

    Args:
        label: string; empty for none.
        cost: multiply-adds of a row.
        score: float, larger is better.
        error: float. Standard error of the score. Defaults to `0.0`.
        group: string. Points of a group are comparable, and have a front of
            their own. Defaults to `""`.

    Example:
    >>> Point("searched", cost=6e4, score=1.45).error
    0.0
    """

    label: str
    cost: float
    score: float
    error: float = 0.0
    group: str = ""


def draw_pareto(points: Sequence[Point], path: str | Path, title: str) -> None:
    """Draws points and the Pareto front of each group.

    Points that have a label are numbered from the best score down, and the
    labels listed beside the plot. In an SVG they have the ids `point-0`, ... in
    the order that they are given in.

    Args:
        points: at least one.
        path: file to write; its suffix is the format.
        title: string.

    Example:
    >>> points = [Point("MMoE", 9e4, 1.42), Point("searched", 6e4, 1.45)]
    >>> draw_pareto(points, "pareto.svg", "Book-Crossing")
    """
    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.add_subplot()
    groups: dict[str, dict[int, Point]] = {}
    for index, point in enumerate(points):
        groups.setdefault(point.group, {})[index] = point
    for group, color in zip(groups.values(), itertools.cycle(COLORS)):
        _draw_group(axes, group, color)
    _write_labels(axes, [point for point in points if point.label])
    axes.set_xlabel("multiply-adds a row, behind the embeddings")
    axes.set_ylabel("score, summed over the tasks")
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(local_path(path))


def _draw_group(axes: Axes, points: Mapping[int, Point], color: str) -> None:
    """Points and their front."""
    group = next(iter(points.values())).group
    front = pareto_front(
        [*points.values()], attrgetter("cost"), attrgetter("score")
    )
    axes.step(
        [point.cost for point in front],
        [point.score for point in front],
        where="post",
        color=color,
        linewidth=1,
        label=f"Pareto front, {group}" if group else "Pareto front",
    )
    for index, point in points.items():
        line, *_ = axes.errorbar(
            point.cost,
            point.score,
            yerr=point.error or None,
            fmt="o",
            markersize=4,
            linewidth=0.7,
            color=color if point in front else GREY,
        )
        line.set_gid(f"point-{index}")


def _write_labels(axes: Axes, points: Sequence[Point]) -> None:
    """Numbers at the points, and their legend."""
    ranked = sorted(points, key=attrgetter("score"), reverse=True)
    for number, point in enumerate(ranked, 1):
        axes.annotate(
            str(number),
            (point.cost, point.score),
            textcoords="offset points",
            xytext=(4, 2),
            fontsize=8,
        )
    labels = [f"{number}  {p.label}" for number, p in enumerate(ranked, 1)]
    axes.text(
        1.02,
        1,
        "\n".join(labels),
        fontsize=8,
        va="top",
        transform=axes.transAxes,
    )
