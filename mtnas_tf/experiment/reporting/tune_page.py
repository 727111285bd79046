"""A tuning as one page for a browser."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtnas_tf.experiment.reporting.comparison_limits import OFFLINE
from mtnas_tf.experiment.reporting.comparison_limits import TITLE
from mtnas_tf.experiment.reporting.folded import Folded
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.render import render
from mtnas_tf.experiment.reporting.run_page import about_run
from mtnas_tf.experiment.reporting.run_page import config_of
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.experiment.reporting.setup_section import origin_sections
from mtnas_tf.experiment.reporting.trials_figures import effects_section
from mtnas_tf.experiment.reporting.trials_figures import order_section
from mtnas_tf.experiment.tuned import RANGES
from mtnas_tf.experiment.tuning import report
from mtnas_tf.experiment.tuning.effects import loss_of
from mtnas_tf.experiment.tuning.effects import trials_by_method

TOP = 5  # trials of a method that are shown unfolded
USE = (
    "`--set optim.tuned=DIR/tune.json`, with this run's folder, lets "
    "`train`, `search`, `advise`, `compare` and `sweep` train each method with "
    "its own values."
)
LIMITS = (
    "The least of several losses looks better than it is: it was chosen and "
    "judged on the same validation rows.",
    "This is one split of the rows. Trials of a method share their starts, so "
    "that the standard errors say how far starts differ, and not how far "
    "another split would.",
    "Only the learning rate and the weight decay were tuned, within the ranges "
    "shown. Widths, epochs, the batch and the embeddings are the config's.",
    "A value at the edge of its range may have a better one beyond it.",
    "The test rows were not read.",
)


def tune_page(run: Path, result: dict[str, Any]) -> str:
    """A tuning as one page, which needs no other file.

    Args:
        run: the directory.
        result: content of its `tune.json`.

    Returns:
        HTML.
    """
    protocol = result["protocol"]
    about = about_run(run)
    lead = (
        f"{protocol['trials_of_a_method']} trials of each of "
        f"{len(result['best'])} methods, {len(result['trials'])} in all, with "
        f"{protocol['networks_of_a_trial']} trainings each."
        f"{report.failures(result) or ' None diverged.'} Split "
        f"{protocol['split_seed']}, seed {protocol['seed']}, "
        f"{protocol['date']}."
    )
    sections = [
        Section("Which values are best?", _best(result)),
        order_section(result),
        effects_section(result),
        Section("The best trials", _top(result)),
        *origin_sections(about, config_of(run)),
        Section(TITLE, [[*LIMITS, OFFLINE]]),
    ]
    return render(f"Tuning on {result['dataset']}", lead, sections)


def _best(result: dict[str, Any]) -> list[Any]:
    header, *rows = report.cells(result)
    gains = {
        method: best["default_loss"] - best["loss"]
        for method, best in result["best"].items()
    }
    for row, gain in zip(rows, gains.values(), strict=True):
        row.append(f"{gain:z.4f}" if math.isfinite(gain) else "")
    table = PageTable(
        "The best trial of each method. Loss: mean validation loss; loss "
        "before: with the config's own values.",
        [*header, "lower by"],
        rows,
    )
    return [*_said(gains), USE, table]


def _said(gains: Mapping[str, float]) -> list[str]:
    """Whom tuning helped most, and whom not at all."""
    known = {m: gain for m, gain in gains.items() if math.isfinite(gain)}
    most = max(known, key=lambda method: known[method], default=None)
    if most is None or not known[most]:
        return []
    text = f"Tuning helped `{most}` most: {known[most]:.4f} less loss."
    as_before = [f"`{method}`" for method, gain in known.items() if not gain]
    if as_before:
        text += (
            f" No trial was better than the config's own values for "
            f"{', '.join(as_before)}."
        )
    return [text]


def _top(result: dict[str, Any]) -> list[Any]:
    """The best trials of each method, and all of them behind a line."""
    each = trials_by_method(result["trials"])
    top = [
        row for rows in each.values() for row in sorted(rows, key=loss_of)[:TOP]
    ]
    count = len(result["trials"])
    caption = f"The {TOP} best trials of each method, by their mean loss."
    whole = _table("Every trial, in its order.", result["trials"])
    return [_table(caption, top), Folded(f"All {count} trials", [whole])]


def _table(caption: str, trials: list[dict[str, Any]]) -> PageTable:
    names = [name.replace("_", " ") for name in RANGES]
    return PageTable(
        caption,
        ["method", "trial", *names, "loss", "standard error", "seconds"],
        [
            [
                trial["method"],
                str(trial["trial"] + 1),
                *(f"{trial[name]:.2g}" for name in RANGES),
                report.loss_text(trial["loss"]),
                _number(trial["std_error"]),
                f"{trial['seconds']:.1f}",
            ]
            for trial in trials
        ],
    )


def _number(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else ""
