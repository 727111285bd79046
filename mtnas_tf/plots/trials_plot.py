"""Plots the losses of trials, by their order or by a value that was tried."""

import math
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.ticker import NullLocator

from mtnas_preprocessing import local_path
from mtnas_tf.plots.palette import BLUE
from mtnas_tf.plots.palette import GREY
from mtnas_tf.plots.palette import VERMILION

MOST_COLUMNS = 3
PANEL_INCHES = 3.0, 2.4
LARGE_RATIO = 3.0  # of losses, from which their axis is logarithmic

# Where a trial stands, its loss, infinite if it failed, and its standard error.
Trial = tuple[float, float, float]


def draw_trials(
    panels: Mapping[str, Sequence[Trial]],
    path: str | Path,
    title: str,
    x_label: str,
    limits: tuple[float, float] | None = None,
) -> None:
    """Draws a panel for each method, with a dot and its error for each trial.

    The first trial is hollow, and one that failed is a cross at the top. In an
    SVG the second trial of the first panel has the id `trial-0-1`.

    Args:
        panels: dict method -> trials, in the order in which they were made.
        path: file to write; its suffix is the format.
        title: string.
        x_label: string.
        limits: the least and the largest value that were to be tried: trials
            stand at values, on a logarithmic axis. Defaults to `None`: they
            stand in their order, with a line for the least loss so far.

    Example:
    >>> trials = [(1, 0.5, 0.01), (2, 0.4, 0.01), (3, math.inf, math.nan)]
    >>> draw_trials({"MMoE": trials}, "trials.svg", "Shop", "trial")
    """
    columns = min(MOST_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    width, height = PANEL_INCHES
    figure = Figure(
        figsize=(width * columns + 0.4, height * rows + 0.3),
        layout="constrained",
    )
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for number, (axes, method) in enumerate(zip(grid, panels, strict=False)):
        _draw_method(axes, panels[method], f"trial-{number}", limits)
        axes.set_title(method, size=10)
        axes.set_xlabel(x_label)
        axes.set_ylabel("validation loss")
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    figure.suptitle(title)
    figure.savefig(local_path(path))


def _draw_method(
    axes: Axes,
    trials: Sequence[Trial],
    gid: str,
    limits: tuple[float, float] | None,
) -> None:
    losses = [loss for _, loss, _ in trials if math.isfinite(loss)]
    if losses and min(losses) > 0 and max(losses) > LARGE_RATIO * min(losses):
        axes.set_yscale("log")
    if limits is None:
        order = [x for x, _, _ in trials]
        best = np.minimum.accumulate([loss for _, loss, _ in trials])
        best = np.where(np.isfinite(best), best, math.nan)
        axes.step(order, best, where="post", color=VERMILION, linewidth=1)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    else:
        axes.set_xscale("log")
        values = [x for x, _, _ in trials] + [*limits]
        axes.set_xlim(min(values) / 1.2, max(values) * 1.2)
        axes.xaxis.set_minor_locator(NullLocator())
    for index, trial in enumerate(trials):
        _draw_trial(axes, trial, f"{gid}-{index}", is_hollow=index == 0)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_trial(axes: Axes, trial: Trial, gid: str, is_hollow: bool) -> None:
    x, loss, error = trial
    if math.isfinite(loss):
        line, *_ = axes.errorbar(
            x,
            loss,
            yerr=float(np.nan_to_num(error)),
            color=BLUE,
            ecolor=GREY,
            elinewidth=0.7,
            linestyle="",
            marker="o",
            markersize=5,
            markerfacecolor="white" if is_hollow else BLUE,
        )
    else:
        (line,) = axes.plot(
            x,
            0.97,  # of the axis, from below
            color=VERMILION,
            linestyle="",
            marker="x",
            markersize=6,
            transform=axes.get_xaxis_transform(),
        )
    line.set_gid(gid)
