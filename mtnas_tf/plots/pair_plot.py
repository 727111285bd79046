"""Plots numbers of pairs of things, as the tasks of a model are."""

from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mtnas_preprocessing import local_path
from mtnas_tf.plots.palette import GREY
from mtnas_tf.plots.palette import PALE_GREY
from mtnas_tf.plots.palette import SIGNED
from mtnas_tf.plots.palette import ink_on

CELL_INCHES = 0.68
MARGIN_INCHES = 1.8
MOST_WRITTEN = 12  # names, up to which cells hold their numbers


def draw_pairs(
    names: Sequence[str],
    panels: Mapping[str, np.ndarray],
    path: str | Path,
    title: str,
    digits: int = 2,
) -> None:
    """Draws a square of cells for each quantity, blue above 0, red below.

    In an SVG the cell of the second row and the first column in the first panel
    has the id `pair-0-1-0`. A pair without a number is grey.

    Args:
        names: of the rows, and of the columns.
        panels: dict quantity -> `(names, names)` numbers, NaN where there is
            none.
        path: file to write; its suffix is the format.
        title: string.
        digits: int >= 0, behind the point. Defaults to `2`.

    Example:
    >>> cosines = np.array([[np.nan, 0.5], [0.5, np.nan]])
    >>> draw_pairs(["click", "buy"], {"cosine": cosines}, "pairs.svg", "Shop")
    """
    side = CELL_INCHES * len(names) + MARGIN_INCHES
    figure = Figure(figsize=(side * len(panels), side), layout="constrained")
    axes_of_panels = figure.subplots(1, len(panels), squeeze=False)[0]
    for number, (axes, quantity) in enumerate(
        zip(axes_of_panels, panels, strict=True)
    ):
        values = np.asarray(panels[quantity], float)
        _draw_cells(axes, values, f"pair-{number}", digits)
        axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
        axes.set_yticks(range(len(names)), names)
        axes.set_title(quantity, size=10)
    figure.suptitle(title)
    figure.savefig(local_path(path))


def _draw_cells(axes: Axes, values: np.ndarray, gid: str, digits: int) -> None:
    """A rectangle for each pair, and its number."""
    count = len(values)
    known = np.abs(values[np.isfinite(values)])
    most = max(float(known.max(initial=0)), 10.0**-digits)
    scale = Normalize(-most, most)
    for (row, column), value in np.ndenumerate(values):
        is_known = bool(np.isfinite(value))
        color = to_hex(SIGNED(scale(value))) if is_known else PALE_GREY
        corner = column - 0.48, row - 0.48
        cell = Rectangle(corner, 0.96, 0.96, facecolor=color, edgecolor=GREY)
        cell.set_linewidth(0.4)
        cell.set_gid(f"{gid}-{row}-{column}")
        axes.add_patch(cell)
        if is_known and count <= MOST_WRITTEN:
            text = f"{value:+z.{digits}f}"
            place: dict[str, Any] = {"ha": "center", "va": "center"}
            axes.text(column, row, text, size=8, color=ink_on(color), **place)
    axes.set_xlim(-0.5, count - 0.5)
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_aspect("equal")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
