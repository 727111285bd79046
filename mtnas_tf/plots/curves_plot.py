"""Plots numbers over the time of several trainings."""

from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mtnas_preprocessing import local_path
from mtnas_tf.plots.palette import COLORS
from mtnas_tf.plots.palette import PALE_GREY

Curve = tuple[Sequence[float], Sequence[float]]


def draw_curves(
    curves: Mapping[str, Sequence[Curve]],
    path: str | Path,
    title: str,
    x_label: str,
    y_label: str,
) -> None:
    """Draws a line for each training, and a thick one for their mean.

    Args:
        curves: dict label -> curves of its trainings, `(x, y)` each; the mean
            is over those that have the first one's `x`. At most six labels.
        path: file to write; its suffix is the format.
        title: string.
        x_label: string.
        y_label: string.

    Raises:
        ValueError: if there is no label, or too many, or one without a curve.

    Example:
    >>> rounds, accuracies = [1, 2], [[0.2, 0.5], [0.3, 0.5]]
    >>> curves = {"learned": [(rounds, each) for each in accuracies]}
    >>> draw_curves(curves, "curves.svg", "Letters", "rounds", "accuracy")
    """
    if not 1 <= len(curves) <= len(COLORS) or not all(curves.values()):
        counts = {label: len(each) for label, each in curves.items()}
        raise ValueError(
            f"`curves` must hold 1 to {len(COLORS)} labels with a curve each. "
            f"Received: {counts}"
        )
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for color, (label, lines) in zip(COLORS, curves.items(), strict=False):
        first = list(lines[0][0])
        alike = [y for x, y in lines if list(x) == first]
        if len(lines) > 1:
            for x, y in lines:
                axes.plot(x, y, color=color, linewidth=0.6, alpha=0.6)
        axes.plot(first, np.mean(alike, 0), color=color, lw=2, label=label)
    axes.grid(color=PALE_GREY)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.set_title(title)
    # Beside the curves: to look for room among them takes long.
    figure.legend(loc="outside right upper", frameon=False)
    figure.savefig(local_path(path))
