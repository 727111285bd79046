"""Draws the map of relatedness."""

import pathlib
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.cost.plots import STYLE

# Okabe and Ito's colours, which the colour-blind can tell apart.
LOOKS = (("#0072B2", "o", "-"), ("#D55E00", "s", "--"))
ZERO_COLOR = "#757575"

Rows = Sequence[Mapping[str, Any]]


def draw(
    rows: Rows, differences: Mapping[str, str], path: pathlib.Path
) -> None:
    """Writes a figure with a panel for each width and number of rows.

    Args:
        rows: settings, see `studies.relatedness`.
        differences: key of two differences to the full route -> label.
        path: of the figure.
    """
    widths = sorted({row["units"] for row in rows})
    sizes = sorted({row["rows"] for row in rows})
    path.parent.mkdir(parents=True, exist_ok=True)
    with style.context(["default", STYLE]):
        figure = Figure(
            figsize=(3.2 * len(sizes), 2.6 * len(widths) + 0.4),
            layout="constrained",
        )
        panels = figure.subplots(
            len(widths), len(sizes), sharex=True, sharey="row", squeeze=False
        )
        for line, width in zip(panels, widths, strict=True):
            for panel, size in zip(line, sizes, strict=True):
                found = [
                    row
                    for row in rows
                    if (row["units"], row["rows"]) == (width, size)
                ]
                _draw_panel(panel, found, differences)
                panel.set_title(f"width {width}, {size:,} rows")
            line[0].set_ylabel("score, less the full route's")
        for panel in panels[-1]:
            panel.set_xlabel("cosine p of the tasks' weights")
        handles, labels = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2)
        figure.savefig(path, metadata={"Date": None})


def _draw_panel(
    panel: Axes, rows: Rows, differences: Mapping[str, str]
) -> None:
    panel.axhline(0.0, color=ZERO_COLOR, linewidth=1)
    for (name, label), (color, marker, line) in zip(
        differences.items(), LOOKS, strict=True
    ):
        panel.errorbar(
            [row["correlation"] for row in rows],
            [row[name]["mean"] for row in rows],
            yerr=[row[name]["std_error"] for row in rows],
            label=f"{label} (mean ± standard error)",
            color=color,
            marker=marker,
            linestyle=line,
            markersize=4,
            capsize=3,
        )
