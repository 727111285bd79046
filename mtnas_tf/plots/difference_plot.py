"""Plots how much better than a reference each of many things is."""

from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from matplotlib.ticker import SymmetricalLogLocator

from mtnas_preprocessing import local_path
from mtnas_tf.plots.palette import BLUE
from mtnas_tf.plots.palette import GREY

PANEL_INCHES = 2.4


def draw_differences(
    panels: Mapping[str, Mapping[str, tuple[float, float]]],
    path: str | Path,
    title: str,
) -> None:
    """Draws a dot and its error for each label, in a panel for each quantity.

    Axes are linear near 0 and logarithmic beyond, so that a few large
    differences leave room for the others. In an SVG the dot of the first label
    in the first panel has the id `difference-0-0`.

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
    width = max(9.0, 2.0 + PANEL_INCHES * len(panels))
    figure = Figure(figsize=(width, height), layout="constrained")
    axes_of_panels = figure.subplots(1, len(panels), sharey=True, squeeze=False)
    for number, (axes, quantity) in enumerate(
        zip(axes_of_panels[0], panels, strict=True)
    ):
        found = [panels[quantity][label] for label in labels]
        _draw_panel(axes, found, f"difference-{number}")
        axes.set_xlabel(quantity)
    first = axes_of_panels[0][0]
    first.set_yticks(range(len(labels)), labels)
    first.invert_yaxis()
    figure.suptitle(title)
    figure.savefig(local_path(path))


def _draw_panel(
    axes: Axes, found: Sequence[tuple[float, float]], gid: str
) -> None:
    """Dots and errors from above, and the scale of their axis."""
    axes.axvline(0, color=GREY, linewidth=0.7)
    for place, (mean, error) in enumerate(found):
        line, *_ = axes.errorbar(
            mean,
            place,
            xerr=np.nan_to_num(error),
            color=BLUE,
            linestyle="",
            marker="o",
            markersize=4,
            capsize=2,
        )
        line.set_gid(f"{gid}-{place}")
    width = _linear_width([mean for mean, _ in found])
    axes.set_xscale("symlog", linthresh=width)
    axes.xaxis.set_major_locator(
        SymmetricalLogLocator(base=10, linthresh=width)
    )
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.spines[["top", "right"]].set_visible(False)


def _linear_width(differences: Sequence[float]) -> float:
    """The power of ten below the size of most differences."""
    sizes = np.abs([each for each in differences if np.isfinite(each)])
    size = max(float(np.median(sizes)) if len(sizes) else 0.0, 1e-6)
    return float(10.0 ** np.floor(np.log10(size)))
