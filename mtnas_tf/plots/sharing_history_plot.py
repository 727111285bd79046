"""Plots how what is read changes from epoch to epoch."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from mtnas_preprocessing import local_path
from mtnas_tf.plots.palette import PALE_GREY
from mtnas_tf.plots.sharing_colors import scale_of
from mtnas_tf.plots.sharing_colors import shown
from mtnas_tf.routes import SharingMatrix

EPOCH_INCHES, SOURCE_INCHES = 0.22, 0.3


def draw_sharing_history(
    history: Sequence[Sequence[SharingMatrix]], path: str | Path, title: str
) -> None:
    """Draws a heat map for each reader: what it reads, epoch by epoch.

    Rows are layers, columns their readers. Colours are weights, or learned
    probabilities where there are some; grey cannot be read.

    Args:
        history: for each epoch the matrices of one model, such as
            `SharingMonitor.history`; at least one.
        path: file to write; its suffix is the format.
        title: string.

    Raises:
        ValueError: if there is no epoch, or no matrix.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.MMoE(data.schema)
    >>> history = [model.sharing(data.valid, steps=1)] * 3
    >>> draw_sharing_history(history, "epochs.svg", "MMoE")
    """
    if not history or not history[0]:
        raise ValueError(
            "`history` must hold an epoch's matrices. Received: none"
        )
    layers = list(zip(*history, strict=True))
    num_columns = max(len(layer[0].readers) for layer in layers)
    heights = [len(layer[0].sources) for layer in layers]
    width = max(1.6, EPOCH_INCHES * len(history))
    figure = Figure(
        figsize=(
            2 + (width + 0.9) * num_columns,
            1.2 + sum(SOURCE_INCHES * height + 0.7 for height in heights),
        ),
        layout="constrained",
    )
    panels = figure.subplots(
        len(layers), num_columns, squeeze=False, height_ratios=heights
    )
    scale = scale_of(itertools.chain(*history), least_top=0.0)
    for row, layer in zip(panels, layers, strict=True):
        for index, axes in enumerate(row):
            if index < len(layer[0].readers):
                image = _draw_reader(axes, layer, index, *scale)
            else:
                axes.set_axis_off()
    bar = figure.colorbar(image, ax=panels.ravel().tolist())
    bar.outline.set_visible(False)
    is_learned = layers[0][0].probs is not None
    bar.set_label("probability" if is_learned else layers[0][0].kind)
    figure.suptitle(title)
    figure.savefig(local_path(path))


def _draw_reader(
    axes: Axes,
    layer: Sequence[SharingMatrix],
    index: int,
    norm: Normalize,
    colors: Colormap,
) -> AxesImage:
    """Sources by epochs, of one reader."""
    first = layer[0]
    values = np.stack([shown(matrix)[index] for matrix in layer], axis=1)
    count = len(layer)
    axes.set_facecolor(PALE_GREY)
    image = axes.imshow(
        values,
        cmap=colors,
        norm=norm,
        aspect="auto",
        interpolation="none",
        extent=(0.5, count + 0.5, len(first.sources) - 0.5, -0.5),
    )
    axes.set_yticks(range(len(first.sources)), first.sources)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("epoch")
    if index == 0:
        axes.set_ylabel(f"{first.name}:\nwhat is read")
    axes.set_title(f"read by {first.readers[index]}", size=10)
    return image
