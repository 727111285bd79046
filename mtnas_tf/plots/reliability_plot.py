"""Plots the calibration of predicted probabilities."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtnas_preprocessing import local_path
from mtnas_tf.metrics import ReliabilityBins
from mtnas_tf.metrics import reliability_bins
from mtnas_tf.plots.palette import BLUE
from mtnas_tf.plots.palette import GREY
from mtnas_tf.plots.palette import SKY_BLUE
from mtnas_tf.types import Array

PANEL_INCHES = 4


def draw_reliability(
    labels: Mapping[str, Array],
    predictions: Mapping[str, Array],
    path: str | Path,
    num_bins: int = 15,
    binning: str = "equal_mass",
) -> None:
    """Draws observed rates over predicted ones, a panel for each task.

    The upper part has a point with its standard error for each bin, and the
    diagonal of a perfect model; the lower part the number of rows of each bin,
    drawn from its smallest to its largest prediction. The axis ends at the
    largest rate, which is small where positives are rare: the last bin may
    reach further.

    Args:
        labels: dict task name -> labels 0 or 1, NaN where missing; binary tasks
            alone, at least one.
        predictions: dict task name -> as many probabilities.
        path: file to write; its suffix is the format.
        num_bins: see `reliability_bins`. Defaults to `15`.
        binning: see `reliability_bins`. Defaults to `"equal_mass"`.

    Raises:
        ValueError: if there is no task, a task has no labels, and as
            `reliability_bins`.

    Example:
    >>> rng = np.random.default_rng(0)
    >>> rates = rng.random(1000)
    >>> labels = (rng.random(1000) < rates).astype(float)
    >>> draw_reliability({"click": labels}, {"click": rates}, "click.svg")
    """
    if not labels:
        raise ValueError("`labels` must hold a task. Received: none")
    figure = Figure(
        figsize=(PANEL_INCHES * len(labels), 1.4 * PANEL_INCHES),
        layout="constrained",
    )
    panels = figure.subplots(
        2,
        len(labels),
        squeeze=False,
        sharex="col",
        gridspec_kw={"height_ratios": [3, 1]},
    )
    for task, (rates, counts) in zip(labels, panels.T, strict=True):
        bins = reliability_bins(
            labels[task],
            predictions[task],
            num_bins=num_bins,
            binning=binning,
        )
        if not len(bins.counts):
            raise ValueError(
                f"`labels` of task {task!r} must hold observed rows. "
                "Received: none"
            )
        rates.set_title(f"{task}: ECE {bins.error:.4f}")
        _draw_rates(rates, bins)
        _draw_counts(counts, bins)
        for axes in (rates, counts):
            axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(local_path(path))


def _draw_rates(axes: Axes, bins: ReliabilityBins) -> None:
    end = max(bins.predicted.max(), bins.observed.max()) or 1.0
    axes.plot(
        [0, end],
        [0, end],
        color=GREY,
        linewidth=1,
        linestyle="--",
        label="perfect",
    )
    # One more row of each class, so that no bin has an error of 0.
    trials = bins.counts + 2
    smoothed = (bins.observed * bins.counts + 1) / trials
    axes.errorbar(
        bins.predicted,
        bins.observed,
        yerr=np.sqrt(smoothed * (1 - smoothed) / trials),
        fmt="o-",
        markersize=4,
        linewidth=1,
        color=BLUE,
        label="model",
    )
    axes.set_xlim(-0.03 * end, 1.05 * end)
    axes.set_ylim(top=min(axes.get_ylim()[1], 1.05))
    axes.set_ylabel("observed rate")
    axes.legend(frameon=False, loc="lower right")


def _draw_counts(axes: Axes, bins: ReliabilityBins) -> None:
    axes.bar(
        bins.lowest,
        bins.counts,
        width=bins.highest - bins.lowest,
        align="edge",
        color=SKY_BLUE,
        edgecolor=BLUE,  # seen where a bin has no width
        linewidth=1,
    )
    axes.set_xlabel("predicted rate")
    axes.set_ylabel("rows of a bin")
