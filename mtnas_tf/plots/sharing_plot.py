"""Plots who reads what: weights of gates, stitches, links and choices."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.colors import Normalize
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from mtnas_preprocessing import local_path
from mtnas_tf.plots.palette import GREY
from mtnas_tf.plots.palette import PALE_GREY
from mtnas_tf.plots.palette import VERMILION
from mtnas_tf.plots.palette import ink_on
from mtnas_tf.plots.sharing_colors import scale_of
from mtnas_tf.plots.sharing_colors import shown
from mtnas_tf.routes import SharingMatrix

CELL_INCHES = 0.62
MARGIN_INCHES = (2.6, 1.7)


def draw_sharing(
    matrices: Sequence[SharingMatrix], path: str | Path, title: str
) -> None:
    """Draws a heat map for each layer: readers by what they read.

    A cell holds the weight, as a number and as a colour; of a gate, below it,
    the share of rows in which this weight is the reader's largest. Where
    probabilities were learned, cells hold those, and what the evaluated network
    reads is framed. A grey cell cannot be read.

    Args:
        matrices: at least one, as `MultiTaskModel.sharing` returns them.
        path: file to write; its suffix is the format.
        title: string.

    Raises:
        ValueError: if there is no matrix.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.MMoE(data.schema)
    >>> draw_sharing(model.sharing(data.valid), "sharing.svg", "MMoE")
    """
    if not matrices:
        raise ValueError("`matrices` must hold a matrix. Received: none")
    widths = [len(matrix.sources) for matrix in matrices]
    height = max(len(matrix.readers) for matrix in matrices)
    figure = Figure(
        figsize=(
            CELL_INCHES * sum(widths) + MARGIN_INCHES[0] * len(widths),
            CELL_INCHES * height + MARGIN_INCHES[1],
        ),
        layout="constrained",
    )
    panels = figure.subplots(
        1, len(matrices), squeeze=False, width_ratios=widths
    )
    scale = scale_of(matrices)
    for axes, matrix in zip(panels[0], matrices, strict=True):
        image = _draw_matrix(axes, matrix, *scale)
    bar = figure.colorbar(image, ax=panels[0].tolist(), shrink=0.8)
    bar.outline.set_visible(False)
    is_learned = matrices[0].probs is not None
    bar.set_label("probability" if is_learned else matrices[0].kind)
    figure.supxlabel(_note(matrices), size=8, color=GREY)
    figure.suptitle(title)
    figure.savefig(local_path(path))


def _draw_matrix(
    axes: Axes, matrix: SharingMatrix, norm: Normalize, colors: Colormap
) -> AxesImage:
    values = shown(matrix)
    axes.set_facecolor(PALE_GREY)
    image = axes.imshow(values, cmap=colors, norm=norm)
    for row, column in itertools.product(*map(range, values.shape)):
        if not np.isnan(values[row, column]):
            color = ink_on(to_hex(colors(norm(values[row, column]))))
            _write(axes, matrix, row, column, color)
    axes.set_xticks(range(len(matrix.sources)), matrix.sources)
    if max(map(len, matrix.sources)) > 7:
        axes.tick_params(axis="x", labelrotation=30)
    axes.set_yticks(range(len(matrix.readers)), matrix.readers)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for edges, axis in ((matrix.sources, "x"), (matrix.readers, "y")):
        lines = np.arange(len(edges) + 1) - 0.5
        axes.tick_params(which="minor", length=0)
        getattr(axes, f"set_{axis}ticks")(lines, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.set_xlabel("what is read")
    axes.set_ylabel("read by")
    axes.set_title(matrix.name, size=10)
    return image


def _write(
    axes: Axes, matrix: SharingMatrix, row: int, column: int, color: str
) -> None:
    """The number of a cell, what is small below it, and its frame."""
    has_tops = matrix.top_shares is not None
    number = f"{shown(matrix)[row, column]:.2f}"
    place: dict[str, Any] = {"ha": "center", "va": "center", "color": color}
    axes.text(column, row - 0.12 * has_tops, number, size=9, **place)
    if matrix.top_shares is not None:
        share = f"{matrix.top_shares[row, column]:.0%}"
        axes.text(column, row + 0.23, share, size=7, **place)
    if matrix.probs is not None and matrix.weights[row, column]:
        frame = Rectangle(
            (column - 0.43, row - 0.43),
            0.86,
            0.86,
            facecolor="none",
            edgecolor=VERMILION,
            linewidth=2,
        )
        axes.add_patch(frame)


def _note(matrices: Sequence[SharingMatrix]) -> str:
    """What the marks in the cells mean."""
    notes = []
    if matrices[0].top_shares is not None:
        notes.append("%: rows in which the weight is the reader's largest")
    if matrices[0].probs is not None:
        notes.append("framed: read by the evaluated network")
    if any(np.isnan(shown(matrix)).any() for matrix in matrices):
        notes.append("grey: cannot be read")
    return ", ".join(notes)
