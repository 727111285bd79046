"""Plots which components of each layer every task uses."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from mtnas_preprocessing import local_path
from mtnas_tf.plots.palette import AMOUNTS

CELL_INCHES = 0.24
MARGIN_INCHES = (3.6, 2.2)


def draw_allocation(
    allocation: npt.ArrayLike,
    tasks: Sequence[str],
    components: Sequence[str],
    path: str | Path,
    title: str,
) -> None:
    """Draws a matrix for each layer: tasks by its components.

    Args:
        allocation: array `(tasks, layers, components)` of numbers in [0, 1]:
            1 for a component that a task uses and 0 for one that it does not,
            or a probability or a share of trainings.
        tasks: names of the tasks.
        components: names of the components of a layer.
        path: file to write; its suffix is the format.
        title: string.

    Raises:
        ValueError: if the array has another shape.

    Example:
    >>> allocation = np.random.default_rng(0).integers(0, 2, (3, 2, 4))
    >>> draw_allocation(
    ...     allocation, ["greek", "latin", "n_ko"], "abcd", "use.svg", "Learned"
    ... )
    """
    values = checked_allocation(allocation, len(tasks), len(components))
    num_layers = values.shape[1]
    figure = Figure(
        figsize=(
            CELL_INCHES * num_layers * (len(components) + 1) + MARGIN_INCHES[0],
            CELL_INCHES * len(tasks) + MARGIN_INCHES[1],
        ),
        layout="constrained",
    )
    panels = figure.subplots(1, num_layers, squeeze=False, sharey=True)[0]
    for layer, axes in enumerate(panels):
        image = _draw_layer(axes, values[:, layer], tasks, components)
        axes.set_title(f"layer {layer + 1}", size=10)
    if not np.isin(values, (0, 1)).all():
        bar = figure.colorbar(image, ax=panels.tolist(), shrink=0.8)
        bar.outline.set_visible(False)
    figure.suptitle(title)
    figure.savefig(local_path(path))


def checked_allocation(
    allocation: npt.ArrayLike, num_tasks: int, num_components: int | None = None
) -> np.ndarray:
    """The allocation as an array.

    Args:
        allocation: see `draw_allocation`.
        num_tasks: int > 0.
        num_components: int > 0, or `None` for any number. Defaults to `None`.

    Raises:
        ValueError: if it has another shape.
    """
    values = np.asarray(allocation, float)
    known = (num_tasks, num_components or values.shape[-1])
    if values.ndim != 3 or values.shape[::2] != known:
        raise ValueError(
            "`allocation` must have the shape (tasks, layers, components), "
            f"with (tasks, components) = {known}. Received: {values.shape}"
        )
    return values


def _draw_layer(
    axes: Axes,
    values: np.ndarray,
    tasks: Sequence[str],
    components: Sequence[str],
) -> AxesImage:
    image = axes.imshow(values, cmap=AMOUNTS, vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(components)), components, rotation=90, size=8)
    axes.set_yticks(range(len(tasks)), tasks, size=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for count, axis in ((len(components), "x"), (len(tasks), "y")):
        lines = np.arange(count + 1) - 0.5
        getattr(axes, f"set_{axis}ticks")(lines, minor=True)
    axes.tick_params(which="minor", length=0)
    axes.grid(which="minor", color="#CCCCCC", linewidth=0.5)
    return image
