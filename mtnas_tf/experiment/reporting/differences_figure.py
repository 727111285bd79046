"""Differences to a reference as a figure."""

from collections.abc import Mapping

from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.experiment.signed import signed
from mtnas_tf.plots.difference_plot import draw_differences


def differences_figure(
    panels: Mapping[str, Mapping[str, tuple[float, float]]], caption: str
) -> PageFigure:
    """Differences and their errors, each of which says what it is.

    Args:
        panels: see `draw_differences`.
        caption: string.
    """
    tips = {}
    for number, (quantity, found) in enumerate(panels.items()):
        for index, (label, (mean, error)) in enumerate(found.items()):
            tips[f"difference-{number}-{index}"] = (
                f"{label}: {quantity} {signed(mean, error)}"
            )
    labels = len(next(iter(panels.values())))
    alt = f"{', '.join(panels)} of {labels} methods, as dots with errors."
    return PageFigure.drawn(
        lambda path: draw_differences(panels, path, ""), alt, caption, tips
    )
