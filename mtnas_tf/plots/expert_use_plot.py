"""Plots how much the experts of methods are used."""

from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtnas_preprocessing import local_path
from mtnas_tf.plots.palette import BLUE
from mtnas_tf.plots.palette import GREY
from mtnas_tf.plots.palette import PALE_GREY
from mtnas_tf.plots.palette import VERMILION
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.routes import expert_use
from mtnas_tf.routes.sharing_matrix import DEAD_BELOW

ROW_INCHES = 0.4
ROW_SHARE = 0.6  # of the height of a row, which its experts lie in


def draw_expert_use(
    sharing: Mapping[str, Sequence[SharingMatrix]],
    path: str | Path,
    title: str,
    threshold: float = DEAD_BELOW,
) -> None:
    """Draws the use of every expert, a line for each method and layer.

    An expert's use is its share of all that the reader takes that uses it most,
    in equal shares: 1 means as much as if that reader took the same of all. An
    expert is dead below `threshold`, or if only dead ones read it; the dead are
    crosses, and named. See `expert_use`.

    Args:
        sharing: dict method -> its matrices, as `MultiTaskModel.sharing`
            returns them. An empty name is left out.
        path: file to write; its suffix is the format.
        title: string.
        threshold: float > 0, in equal shares. Defaults to `0.1`.

    Raises:
        ValueError: if there is no matrix.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.MMoE(data.schema)
    >>> draw_expert_use({"MMoE": model.sharing(data.valid)}, "use.svg", "Use")
    """
    lines = {
        _name(method, matrix, len(matrices)): use
        for method, matrices in sharing.items()
        for matrix, use in zip(
            matrices, expert_use(matrices, threshold), strict=True
        )
    }
    if not lines:
        raise ValueError("`sharing` must hold a matrix. Received: none")
    figure = Figure(
        figsize=(8, 1.5 + ROW_INCHES * len(lines)), layout="constrained"
    )
    axes = figure.add_subplot()
    axes.axvspan(0, threshold, color=PALE_GREY, linewidth=0)
    axes.hlines(
        np.arange(len(lines) - 1) + 0.5,
        0,
        1,
        color=PALE_GREY,
        linewidth=0.8,
        transform=axes.get_yaxis_transform(),
    )
    axes.axvline(1, color=GREY, linewidth=1, linestyle="--")
    for row, use in enumerate(lines.values()):
        _draw_line(axes, row, use, threshold)
    axes.set_yticks(range(len(lines)), lines)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_xlim(left=-0.05)
    axes.set_xlabel(
        "use by the reader that uses it most, in equal shares\n"
        f"grey: dead, below {threshold:g}; dashed: an equal share"
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title)
    figure.savefig(local_path(path))


def _draw_line(
    axes: Axes, row: int, use: Mapping[str, float], threshold: float
) -> None:
    values = np.array([*use.values()])
    is_dead = values < threshold
    # Equal ones lie one below the other.
    heights = row + ROW_SHARE * (
        (np.arange(len(values)) + 0.5) / len(values) - 0.5
    )
    for chosen, marker, color in (
        (~is_dead, "o", BLUE),
        (is_dead, "x", VERMILION),
    ):
        axes.plot(
            values[chosen],
            heights[chosen],
            linestyle="",
            marker=marker,
            markersize=4,
            color=color,
            clip_on=False,
        )
    names = [name for name, dead in zip(use, is_dead, strict=True) if dead]
    text = f"{len(names)} of {len(use)} dead"
    axes.text(
        1.01,
        row,
        f"{text}: {', '.join(names)}" if names else "none dead",
        va="center",
        size=8,
        color=VERMILION if names else GREY,
        transform=axes.get_yaxis_transform(),
    )


def _name(method: str, matrix: SharingMatrix, num_layers: int) -> str:
    if method and num_layers > 1:
        return f"{method}, {matrix.name}"
    return method or matrix.name
