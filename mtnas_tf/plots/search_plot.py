"""Plots how a search among candidates went."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtnas_preprocessing import local_path
from mtnas_tf.plots.palette import BLUE
from mtnas_tf.plots.palette import GREY
from mtnas_tf.plots.palette import PALE_GREY
from mtnas_tf.plots.palette import VERMILION


def draw_search(
    scores: Sequence[float],
    path: str | Path,
    title: str,
    round_size: int = 1,
    expected: Sequence[float] = (),
) -> None:
    """Draws the score of every candidate in the order of their training.

    A line is the best score so far. Beside it, where a surrogate expected
    scores, the ones that came over those that were expected. In an SVG the
    candidates have the ids `candidate-0`, ... and `expected-0`, ...

    Args:
        scores: of all candidates, oldest first; at least one.
        path: file to write; its suffix is the format.
        title: string.
        round_size: int > 0. Candidates trained side by side, from the same
            knowledge; every other round is shaded. Defaults to `1`.
        expected: as many scores, NaN where none was expected. Defaults to
            `()`, none were.

    Raises:
        ValueError: without a score, or for another number of expected ones.

    Example:
    >>> scores, expected = [1.4, 1.5, 1.6], [np.nan, 1.45, 1.55]
    >>> draw_search(scores, "search.svg", "Book-Crossing", expected=expected)
    """
    if not scores or len(expected) not in (0, len(scores)):
        raise ValueError(
            "`scores` must hold at least one, and `expected` as many or none. "
            f"Received: {len(scores)} and {len(expected)}"
        )
    has_expected = bool(np.isfinite(expected).any())
    figure = Figure(figsize=(9 if has_expected else 6, 4), layout="constrained")
    panels = figure.subplots(
        1,
        1 + has_expected,
        squeeze=False,
        width_ratios=[3, 2][: 1 + has_expected],
    )[0]
    _draw_scores(panels[0], scores, round_size)
    if has_expected:
        _draw_expected(panels[1], scores, expected)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title)
    figure.savefig(local_path(path))


def _draw_scores(axes: Axes, scores: Sequence[float], round_size: int) -> None:
    for start in range(0, len(scores), 2 * round_size):
        if round_size > 1:
            end = start + round_size
            axes.axvspan(start + 0.5, end + 0.5, color=PALE_GREY, linewidth=0)
    order = np.arange(1, len(scores) + 1)
    best = np.fmax.accumulate(np.asarray(scores, float))
    axes.step(
        order, best, where="post", color=VERMILION, lw=1.2, label="best so far"
    )
    for index, score in enumerate(scores):
        axes.plot(
            index + 1,
            score,
            linestyle="",
            marker="o",
            markersize=4,
            color=BLUE,
            gid=f"candidate-{index}",
            label="a candidate" if index == 0 else None,
        )
    axes.set_xlim(0.5, len(scores) + 0.5)
    axes.set_xlabel("candidate, in the order of training")
    axes.set_ylabel("validation score")
    axes.legend(frameon=False, loc="lower right")


def _draw_expected(
    axes: Axes, scores: Sequence[float], expected: Sequence[float]
) -> None:
    known = np.isfinite(expected)
    both = np.concatenate(
        [np.asarray(scores)[known], np.compress(known, expected)]
    )
    ends = [both.min(), both.max()]
    axes.plot(ends, ends, color=GREY, linewidth=1, linestyle="--")
    for index in np.flatnonzero(known).tolist():
        axes.plot(
            expected[index],
            scores[index],
            linestyle="",
            marker="o",
            markersize=4,
            color=BLUE,
            gid=f"expected-{index}",
        )
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("score that was expected")
    axes.set_ylabel("score that came")
