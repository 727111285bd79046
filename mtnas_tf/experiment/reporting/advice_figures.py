"""What tasks gain and lose by sharing, as figures and tables."""

import math
from typing import Any

import numpy as np

from mtnas_tf.experiment.advice import report
from mtnas_tf.experiment.advice.gains import is_loss
from mtnas_tf.experiment.advice.verdict import MARGIN
from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.experiment.signed import signed
from mtnas_tf.plots.difference_plot import draw_differences
from mtnas_tf.plots.pair_plot import draw_pairs

PAIRS = (
    "Gain: the score of a task in a network that it shares with one other task "
    "minus its score alone. Cosine: of the two tasks' gradients with respect "
    "to the shared weights, early in training; below 0 a step that helps one "
    "task hurts the other."
)
QUANTITIES = {
    "pairs": "gain of the row from sharing with the column",
    "cosines": "cosine of the gradients",
}


def gains_section(advice: dict[str, Any]) -> Section:
    """The section of each task alone against all tasks in one network.

    Args:
        advice: content of `advice.json`.
    """
    gains = advice["gains"]
    header, *rows = report.gain_cells(advice)
    for row in rows:
        row.append(_verdict(gains[row[0]]))
    found = {
        task: (gain["mean"], gain["high"] - gain["mean"])
        for task, gain in gains.items()
    }
    caption = (
        "Gain of each task from sharing one network with all others, and its "
        "95 % interval; below 0 it loses."
    )
    tips = {
        f"difference-0-{i}": f"{row[0]}: {row[1]} ({row[2]})"
        for i, row in enumerate(rows)
    }
    figure = PageFigure.drawn(
        lambda path: draw_differences({"gain from sharing": found}, path, ""),
        f"Gains of {len(found)} tasks from sharing, with intervals. "
        "The table has the numbers.",
        caption,
        tips,
    )
    table = PageTable(
        report.gain_caption(advice),
        [header[0], f"loss of {MARGIN:g}", *header[1:]],
        [[row[0], row[-1], *row[1:-1]] for row in rows],
        num_texts=2,
    )
    return Section("Alone or together?", [figure, table])


def pairs_section(advice: dict[str, Any]) -> Section:
    """The section of pairs of tasks.

    Args:
        advice: content of `advice.json`.
    """
    tasks = advice["tasks"]
    panels, tips = {}, {}
    for number, (key, quantity) in enumerate(QUANTITIES.items()):
        panels[quantity] = _square(tasks, advice[key])
        for i, row in enumerate(tasks):
            for j, column in enumerate(tasks):
                if i != j:
                    text = _number(advice[key][row][column])
                    tips[f"pair-{number}-{i}-{j}"] = (
                        f"{row} with {column}: {text}"
                    )
    figure = PageFigure.drawn(
        lambda path: draw_pairs(tasks, panels, path, "", digits=3),
        f"Gains and cosines of all pairs of {len(tasks)} tasks. The table has "
        "the numbers.",
        "Gain from sharing and cosine of gradients, by pair.",
        tips,
    )
    return Section("Which tasks go together?", [PAIRS, figure, _table(advice)])


def _table(advice: dict[str, Any]) -> PageTable:
    rows = []
    for task, by_other in advice["pairs"].items():
        for other, gain in by_other.items():
            p_value = gain["p_corrected"]
            rows.append(
                [
                    task,
                    other,
                    _number(gain),
                    "" if math.isnan(p_value) else f"{p_value:.2g}",
                    _number(advice["cosines"][task][other], digits=2),
                ]
            )
    return PageTable(
        "Gain of the first task from sharing with the second alone, ± the "
        "standard error; p of a loss is one-sided, corrected over all pairs.",
        ["task", "shares with", "gain", "p of a loss", "cosine"],
        rows,
        num_texts=2,
    )


def _square(tasks: list[str], found: dict[str, Any]) -> np.ndarray:
    """Means by task and other task; NaN between a task and itself."""
    values = np.full((len(tasks), len(tasks)), math.nan)
    for i, row in enumerate(tasks):
        for j, column in enumerate(tasks):
            if i != j:
                values[i, j] = found[row][column]["mean"]
    return values


def _verdict(gain: dict[str, float]) -> str:
    """Whether a loss that matters is shown, ruled out, or neither."""
    if gain["low"] > -MARGIN:
        return "ruled out"
    return "shown" if is_loss(gain) else "not ruled out"


def _number(found: dict[str, Any], digits: int = 4) -> str:
    mean = found["mean"]
    return "" if math.isnan(mean) else signed(mean, found["std_error"], digits)
