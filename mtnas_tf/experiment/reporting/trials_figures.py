"""The trials of a tuning as figures: over time, and by each value."""

import functools
import math
from collections.abc import Callable
from typing import Any

from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.experiment.tuned import RANGES
from mtnas_tf.experiment.tuning.effects import Effect
from mtnas_tf.experiment.tuning.effects import effects_of
from mtnas_tf.experiment.tuning.effects import loss_of
from mtnas_tf.experiment.tuning.effects import trials_by_method
from mtnas_tf.experiment.tuning.report import loss_text
from mtnas_tf.plots.trials_plot import draw_trials

Row = dict[str, Any]

ORDER = (
    "The first trial, hollow, has the config's own values; the others were "
    "proposed from those before them. The line is the least loss so far: where "
    "it no longer falls, more trials would have found little. A cross is a "
    "trial whose training diverged."
)
EFFECTS = (
    "As good: the values of trials whose loss is within the best one's "
    "standard error of it. Rank correlation of value and loss: near +1 smaller "
    "values were better, near -1 larger ones, near 0 the value mattered little "
    "or the best lies in between. It mixes in what the other value did."
)


def order_section(result: dict[str, Any]) -> Section:
    """The section of trials in their order.

    Args:
        result: content of `tune.json`.
    """
    figure = _figure(
        result,
        lambda trial, place: place,
        "trial",
        "Loss of each trial, ± the standard error over its trainings.",
    )
    return Section("How the trials went", [ORDER, figure])


def effects_section(result: dict[str, Any]) -> Section:
    """The section of what each value did.

    Args:
        result: content of `tune.json`.
    """
    effects = effects_of(result["trials"])
    figures = []
    for name, limits in RANGES.items():
        words = name.replace("_", " ")
        figures.append(
            _figure(
                result,
                functools.partial(_value_of, name),
                words,
                f"Loss of each trial by its {words}.",
                limits,
            )
        )
    return Section("What each value does", [EFFECTS, _table(effects), *figures])


def _figure(
    result: dict[str, Any],
    place_of: Callable[[Row, int], float],
    label: str,
    caption: str,
    limits: tuple[float, float] | None = None,
) -> PageFigure:
    panels, tips = {}, {}
    each = trials_by_method(result["trials"])
    for number, (method, rows) in enumerate(each.items()):
        panels[method] = [
            (place_of(row, index), loss_of(row), row["std_error"])
            for index, row in enumerate(rows, 1)
        ]
        for index, row in enumerate(rows):
            tips[f"trial-{number}-{index}"] = _tip(row)
    alt = f"{caption} {_summary(each)} The tables have the numbers."
    return PageFigure.drawn(
        lambda path: draw_trials(panels, path, "", label, limits),
        alt,
        caption,
        tips,
    )


def _value_of(name: str, trial: Row, place: int) -> float:
    """The value that a trial had, wherever it stands in their order."""
    return float(trial[name])


def _tip(row: Row) -> str:
    values = ", ".join(f"{n.replace('_', ' ')} {row[n]:.2g}" for n in RANGES)
    error = row["std_error"]
    spread = f" ± {error:.4f}" if math.isfinite(error) else ""
    return (
        f"{row['method']}, trial {row['trial'] + 1}\n{values}\n"
        f"loss {loss_text(row['loss'])}{spread}"
    )


def _summary(each: dict[str, list[Row]]) -> str:
    return " ".join(
        f"{method}: least {loss_text(min(map(loss_of, rows)))} of "
        f"{len(rows)} trials."
        for method, rows in each.items()
    )


def _table(effects: list[Effect]) -> PageTable:
    rows = [
        [
            effect.method,
            effect.name.replace("_", " "),
            f"best at the {effect.edge} end" if effect.edge else "",
            f"{effect.best:.2g}",
            " to ".join(f"{value:.2g}" for value in effect.as_good),
            " to ".join(f"{value:g}" for value in RANGES[effect.name]),
            ""
            if math.isnan(effect.correlation)
            else f"{effect.correlation:+z.2f}",
        ]
        for effect in effects
    ]
    return PageTable(
        "What each value did, by method.",
        [
            *("method", "value", "note"),
            *("best", "as good", "range", "rank correlation"),
        ],
        rows,
        num_texts=3,
    )
