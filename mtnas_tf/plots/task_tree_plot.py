"""Plots how alike tasks are, by the components that they share."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import dendrogram
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from mtnas_preprocessing import local_path
from mtnas_tf.plots.allocation_plot import checked_allocation
from mtnas_tf.plots.palette import BLUE

TASK_INCHES, MARGIN_INCHES = 0.22, 1.4
LEAST_DISTANCE, MIN_SPAN = 1e-6, 0.05


def draw_task_tree(
    allocation: npt.ArrayLike,
    tasks: Sequence[str],
    path: str | Path,
    title: str,
) -> None:
    """Draws a tree of the tasks: the more two share, the sooner they join.

    The distance of two tasks is the share of components that one of them uses
    and the other does not; of two groups it is the mean of their tasks'.

    Args:
        allocation: array `(tasks, layers, components)`: 1 for a component that
            a task uses, 0 for one that it does not; see `draw_allocation`.
        tasks: names of the tasks, at least two.
        path: file to write; its suffix is the format.
        title: string.

    Raises:
        ValueError: if there are fewer tasks, or the array has another shape.

    Example:
    >>> allocation = np.random.default_rng(0).integers(0, 2, (3, 2, 4))
    >>> tasks = ["greek", "latin", "n_ko"]
    >>> draw_task_tree(allocation, tasks, "tree.svg", "Learned")
    """
    if len(tasks) < 2:
        raise ValueError(
            f"`tasks` must hold at least two. Received: tasks={list(tasks)}"
        )
    distances = task_distances(checked_allocation(allocation, len(tasks)))
    # A tree of no width cannot be drawn.
    distances = np.maximum(distances, LEAST_DISTANCE)
    figure = Figure(
        figsize=(7, TASK_INCHES * len(tasks) + MARGIN_INCHES),
        layout="constrained",
    )
    axes = figure.subplots()
    dendrogram(
        linkage(squareform(distances, checks=False), "average"),
        labels=list(tasks),
        orientation="left",
        ax=axes,
        color_threshold=0,
        above_threshold_color=BLUE,
        leaf_font_size=8,
    )
    axes.set_xlim(1.05 * max(distances.max(), MIN_SPAN), 0)
    axes.spines[["top", "left", "right"]].set_visible(False)
    axes.set_xlabel("share of components that only one of them uses")
    axes.set_title(title)
    figure.savefig(local_path(path))


def task_distances(allocation: np.ndarray) -> np.ndarray:
    """Share of components in which two tasks differ, `(tasks, tasks)`.

    Args:
        allocation: `(tasks, layers, components)` of numbers in [0, 1].

    Example:
    >>> task_distances(np.array([[[1, 1]], [[1, 0]], [[0, 0]]])).tolist()
    [[0.0, 0.5, 1.0], [0.5, 0.0, 0.5], [1.0, 0.5, 0.0]]
    """
    flat = allocation.reshape(len(allocation), -1)
    differences: np.ndarray = np.abs(flat[:, None] - flat[None]).mean(-1)
    return differences
