"""Advice as one page for a browser."""

from pathlib import Path
from typing import Any

from mtnas_tf.experiment.advice import report
from mtnas_tf.experiment.advice.trainings import ALONE
from mtnas_tf.experiment.advice.verdict import CONFLICT
from mtnas_tf.experiment.advice.verdict import NO_CONFLICT
from mtnas_tf.experiment.advice.verdict import TOO_FEW
from mtnas_tf.experiment.advice.verdict import UNDECIDED
from mtnas_tf.experiment.comparison.captions import counted
from mtnas_tf.experiment.reporting.advice_figures import gains_section
from mtnas_tf.experiment.reporting.advice_figures import pairs_section
from mtnas_tf.experiment.reporting.comparison_limits import OFFLINE
from mtnas_tf.experiment.reporting.comparison_limits import TITLE
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.render import render
from mtnas_tf.experiment.reporting.run_page import about_run
from mtnas_tf.experiment.reporting.run_page import config_of
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.experiment.reporting.setup_section import origin_sections

ANSWERS = {
    CONFLICT: "Yes, tasks conflict",
    NO_CONFLICT: "No, no task loses what matters by sharing",
    TOO_FEW: "Not to be told: too few labels",
    UNDECIDED: "Undecided: there is room for a loss that matters",
}
LIMITS = (
    "Rows were dealt at random. Where rows come by time, these gains hold "
    "within the training time, and not for what comes after it.",
    "Tasks share whole networks here, of one width. A route can share parts of "
    "one and gain more than the bound, which covers what was tried; a narrow "
    "network has more conflicts than a wide one.",
    "Cosines do not enter the verdict: where the sum of two losses is at its "
    "minimum their gradients are opposite, whatever the tasks are.",
    "A few deals from a few starts are a sketch. `mtnas compare` is the "
    "measurement, with tuned methods, restarts and random routes beside a "
    "search.",
    "The test rows were not read.",
)


def advice_page(run: Path, advice: dict[str, Any]) -> str:
    """Advice as one page, which needs no other file.

    Args:
        run: the directory.
        advice: content of its `advice.json`.

    Returns:
        HTML.
    """
    about = about_run(run)
    rows = advice["rows"]
    lead = (
        f"{len(advice['tasks'])} tasks: {', '.join(advice['tasks'])}. "
        f"{counted(advice['num_deals'], 'deal')} of {rows['train']:,} training "
        f"and {rows['valid']:,} validation rows, "
        f"{counted(advice['num_starts'], 'start')} each"
        f"{', ' + about['date'] if 'date' in about else ''}."
    )
    sections = [
        Section("Do the tasks conflict?", _answer(advice)),
        gains_section(advice),
        pairs_section(advice),
        Section("What may a search gain, and cost?", _worth(advice)),
        Section("Every network that was tried", [_networks(advice)]),
        *origin_sections(about, config_of(run)),
        Section(TITLE, [[*LIMITS, OFFLINE]]),
    ]
    return render(f"Advice on {advice['dataset']}", lead, sections)


def _answer(advice: dict[str, Any]) -> list[Any]:
    about = advice["about"]
    names = f" ({', '.join(about)})" if about else ""
    return [
        f"{ANSWERS[advice['verdict']]}{names}.",
        advice["recommendation"],
    ]


def _worth(advice: dict[str, Any]) -> list[Any]:
    best = advice["best_network"]
    name = "a network for each task" if best == ALONE else f"`{best}`"
    return [
        f"The best of the networks tried, on average, is {name}. It can be "
        "trained as it is, without a search.",
        report.bound_text(advice),
        report.price_text(advice),
    ]


def _networks(advice: dict[str, Any]) -> PageTable:
    header, *rows = report.network_cells(advice)
    return PageTable(
        "Mean validation score of each network by task, the best first. "
        "`a+b | c`: a and b share a network, and c has one of its own.",
        header,
        rows,
    )
