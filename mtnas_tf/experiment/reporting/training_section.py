"""How a training went, epoch by epoch."""

import csv
import math
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtnas_tf.data import TaskSpec
from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.models.result_keys import result_keys
from mtnas_tf.plots.curves_plot import draw_curves
from mtnas_tf.plots.palette import COLORS

Curves = Mapping[str, Sequence[float]]  # label -> a number for each epoch

LOSSES = {"training": "loss", "validation": "val_loss"}


def training_section(run: Path, tasks: Iterable[TaskSpec]) -> Section:
    """The section of curves; without parts for fewer than two epochs.

    Args:
        run: the directory.
        tasks: `TaskSpec`s of its schema.
    """
    path = run / "history.csv"
    if not path.is_file():
        return Section("Training", [])
    with path.open(encoding="utf-8", newline="") as file:
        epochs = list(csv.DictReader(file))
    if len(epochs) < 2:
        return Section("Training", [])
    quantities: dict[str, dict[str, str]] = {"loss": dict(LOSSES)}
    for (task, metric), key in result_keys(tasks).items():
        name = f"validation {metric.replace('_', ' ')}"
        quantities.setdefault(name, {})[task] = f"val_{key}"
    parts: list[Any] = []
    for quantity, keys in quantities.items():
        curves = {
            label: [_number(epoch[key]) for epoch in epochs]
            for label, key in keys.items()
            if key in epochs[0]
        }
        parts += curves_figures(curves, f"The {quantity} by epoch.", quantity)
    return Section("Training", parts)


def curves_figures(
    curves: Curves, caption: str, y_label: str
) -> Iterator[PageFigure]:
    """Curves over epochs, as many in a figure as there are colours.

    Args:
        curves: label -> a number for each epoch.
        caption: string.
        y_label: string.
    """
    labels = list(curves)
    most = len(COLORS)
    for start in range(0, len(labels), most):
        chosen = {each: curves[each] for each in labels[start : start + most]}
        part = f" Part {start // most + 1}." if len(labels) > most else ""
        yield PageFigure.drawn(
            _drawer(chosen, y_label), _alt(chosen, caption), f"{caption}{part}"
        )


def _drawer(curves: Curves, y_label: str) -> Any:
    lines = {
        label: [(range(1, len(values) + 1), values)]
        for label, values in curves.items()
    }
    return lambda path: draw_curves(lines, path, "", "epoch", y_label)


def _alt(curves: Curves, caption: str) -> str:
    """First and last numbers, for those who do not see the curves."""
    ends = [
        f"{label} from {values[0]:.4g} to {values[-1]:.4g}"
        for label, values in curves.items()
    ]
    return f"{caption} {'; '.join(ends)}."


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
