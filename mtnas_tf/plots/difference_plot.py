"""Plots how much better than a reference each of many things is."""

from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from matplotlib.ticker import SymmetricalLogLocator

from mtnas_preprocessing import local_path
from mtnas_tf.plots.palette import BLUE
from mtnas_tf.plots.palette import GREY


def draw_differences(
    panels: Mapping[str, Mapping[str, tuple[float, float]]],
    path: str | Path,
    title: str,
) -> None:
    """Draws a dot and its error for each label, in a panel for each quantity.

    Axes are linear near 0 and logarithmic beyond, so that a few large
    differences leave room for the others.

    Args:
        panels: dict label of an axis -> dict label -> difference and its
            standard error; all have the labels of the first, from above.
        path: file to write; its suffix is the format.
        title: string.

    Example:
    >>> panels = {"score - MMoE": {"PLE": (-0.01, 0.002), "CGC": (0.0, 0.001)}}
    >>> draw_differences(panels, "differences.svg", "Book-Crossing")
    """
    labels = list(next(iter(panels.values())))
    height = 1.2 + 0.22 * len(labels)
    figure = Figure(figsize=(9, height), layout="constrained")
    axes_of_panels = figure.subplots(1, len(panels), sharey=True, squeeze=False)
    places = range(len(labels))
    for axes, (quantity, found) in zip(
        axes_of_panels[0], panels.items(), strict=True
    ):
        means, errors = np.array([found[label] for label in labels]).T
        axes.axvline(0, color=GREY, linewidth=0.7)
        axes.errorbar(
            means,
            places,
            xerr=np.nan_to_num(errors),
            color=BLUE,
            linestyle="",
            marker="o",
            markersize=4,
            capsize=2,
        )
        width = _linear_width(means)
        axes.set_xscale("symlog", linthresh=width)
        axes.xaxis.set_major_locator(
            SymmetricalLogLocator(base=10, linthresh=width)
        )
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel(quantity)
        axes.spines[["top", "right"]].set_visible(False)
    first = axes_of_panels[0][0]
    first.set_yticks(places, labels)
    first.invert_yaxis()
    figure.suptitle(title)
    figure.savefig(local_path(path))


def _linear_width(differences: Sequence[float]) -> float:
    """The power of ten below the size of most differences."""
    size = max(float(np.median(np.abs(differences))), 1e-6)
    return float(10.0 ** np.floor(np.log10(size)))
