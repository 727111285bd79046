"""A comparison of allocations as one page for a browser."""

import json
from typing import Any

import numpy as np

from mtnas_tf.experiment.allocation.pages import HEADER
from mtnas_tf.experiment.allocation.pages import summary_caption
from mtnas_tf.experiment.allocation.pages import summary_cells
from mtnas_tf.experiment.allocation.pictures import pictures
from mtnas_tf.experiment.allocation.summary import REFERENCE
from mtnas_tf.experiment.allocation.summary import by_method
from mtnas_tf.experiment.reporting.comparison_limits import NOT_PROVEN
from mtnas_tf.experiment.reporting.comparison_limits import TITLE
from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.render import render
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.experiment.reporting.setup_section import data_section
from mtnas_tf.experiment.reporting.setup_section import setup_section

SETTINGS = (
    "Other images, components, widths, temperatures or numbers of rounds may "
    "put the methods in another order."
)


def allocation_page(result: dict[str, Any]) -> str:
    """The comparison as one page, which needs no other file.

    Args:
        result: what `mtnas_tf.experiment.allocation.compare` returns.

    Returns:
        HTML.
    """
    protocol = result["protocol"]
    rounds = protocol["config"]["allocation"]["num_rounds"]
    lead = (
        f"{len(protocol['tasks'])} tasks, {protocol['num_seeds']} seeds, "
        f"{rounds:,} rounds, {protocol['date']}."
    )
    config = json.loads(json.dumps(protocol["config"]))
    facts = {key: protocol[key] for key in ("date", "selection")}
    figures = [
        PageFigure.drawn(each.draw, each.caption, each.caption)
        for each in pictures(result)
    ]
    sections = [
        Section("Is a learned allocation better?", _answers(result)),
        Section("Each task", [_task_table(result)]),
        Section("How it was learned", figures),
        data_section(protocol["rows"], {}, {}),
        setup_section(config, {}, facts),
        Section(TITLE, [[_spread(protocol), NOT_PROVEN, SETTINGS]]),
    ]
    return render(f"Allocations on {result['dataset']}", lead, sections)


def _answers(result: dict[str, Any]) -> list[Any]:
    """A sentence for each method beside full sharing, and the table."""
    lines = [
        _answer(line)
        for line in result["summary"]
        if line["difference"] is not None
    ]
    caption = summary_caption(result["protocol"])
    return [lines, PageTable(caption, HEADER, summary_cells(result))]


def _answer(line: dict[str, Any]) -> str:
    difference, error = line["difference"], line["difference_error"]
    word = "fewer" if difference < 0 else "more"
    text = f"{line['method']}: {100 * abs(difference):.2f} points {word} errors"
    if error is None:
        return f"{text} than {REFERENCE}, of one seed."
    is_clear = abs(difference) > 2 * error
    return (
        f"{text} than {REFERENCE}, ± {100 * error:.2f}: "
        f"{'more' if is_clear else 'less'} than two standard errors."
    )


def _task_table(result: dict[str, Any]) -> PageTable:
    groups = by_method(result["rows"])
    lines = [
        [task, *(_error(rows, task) for rows in groups.values())]
        for task in result["protocol"]["tasks"]
    ]
    caption = "Test errors in percent, means over seeds."
    return PageTable(caption, ["task", *groups], lines)


def _error(rows: list[dict[str, Any]], task: str) -> str:
    errors = [1 - row["test"][task]["accuracy"] for row in rows]
    return f"{100 * np.mean(errors):.2f}"


def _spread(protocol: dict[str, Any]) -> str:
    return (
        f"Errors are of {protocol['rows']['test']:,} test images, the same "
        "ones for all seeds: ± tells how starts differ, not how images do."
    )
