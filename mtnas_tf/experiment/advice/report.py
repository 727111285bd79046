"""Advice as text that people read."""

import math
from collections.abc import Callable
from typing import Any

from mtnas_tf.experiment import markdown
from mtnas_tf.experiment.advice.trainings import ALONE
from mtnas_tf.experiment.aligned import aligned
from mtnas_tf.experiment.comparison.captions import counted
from mtnas_tf.experiment.signed import signed

NONE = "-"
Cells = list[list[str]]


def markdown_page(advice: dict[str, Any]) -> str:
    """The advice as a page.

    Args:
        advice: content of `advice.json`.
    """
    parts = _parts(advice, lambda cells: markdown.table(cells[0], cells[1:]))
    return f"# Advice on {advice['dataset']}\n\n" + "\n\n".join(parts) + "\n"


def text_page(advice: dict[str, Any]) -> str:
    """The advice for a terminal.

    Args:
        advice: content of `advice.json`.
    """
    return "\n\n".join(
        _parts(
            advice,
            lambda cells: aligned(cells[0], cells[1:], right=cells[0][1:]),
        )
    )


def _parts(advice: dict[str, Any], table: Callable[[Cells], str]) -> list[str]:
    return [
        advice["recommendation"],
        table(gain_cells(advice)).rstrip(),
        gain_caption(advice),
        "Gain of the task of a row from sharing with that of a column alone, "
        "and the cosine of their gradients early in training:",
        table(_pairs(advice)).rstrip(),
        table(network_cells(advice)).rstrip(),
        bound_text(advice),
        price_text(advice),
    ]


def gain_cells(advice: dict[str, Any]) -> Cells:
    """Each task's gain from sharing, below the names of the columns.

    Args:
        advice: content of `advice.json`.
    """
    lines = [["task", "gain from sharing", "95 % interval", "p of a loss"]]
    for task, gain in advice["gains"].items():
        interval = f"{signed(gain['low'])} to {signed(gain['high'])}"
        known = gain["p_corrected"]
        p_value = NONE if math.isnan(known) else f"{known:.2g}"
        lines.append([task, signed(gain["mean"]), interval, p_value])
    return lines


def gain_caption(advice: dict[str, Any]) -> str:
    """What the table of gains shows.

    Args:
        advice: content of `advice.json`.
    """
    rows = advice["rows"]
    return (
        "Score (AUC, accuracy or minus the squared error) in one network of "
        "all tasks minus that alone, each network as wide: means of "
        f"{advice['num_deals']} deals of the training and validation rows "
        f"({rows['train']:,} and {rows['valid']:,}) with "
        f"{counted(advice['num_starts'], 'start')} each, on validation "
        "rows. Errors count that deals have rows in common; p is one-sided, "
        "corrected by Holm's method. The test split was not read."
    )


def _pairs(advice: dict[str, Any]) -> Cells:
    tasks = advice["tasks"]
    lines = [["", *tasks]]
    for task in tasks:
        cells = [
            NONE if other == task else _pair(advice, task, other)
            for other in tasks
        ]
        lines.append([task, *cells])
    return lines


def _pair(advice: dict[str, Any], task: str, other: str) -> str:
    gain = advice["pairs"][task][other]
    cosine = advice["cosines"][task][other]
    return (
        f"{signed(gain['mean'], gain['std_error'])}, cos "
        f"{signed(cosine['mean'], cosine['std_error'], digits=2)}"
    )


def network_cells(advice: dict[str, Any]) -> Cells:
    """Mean scores of every network that was trained, the best first.

    Args:
        advice: content of `advice.json`.
    """
    tasks = advice["tasks"]
    means = {
        name: [sum(column) / len(column) for column in zip(*deals, strict=True)]
        for name, deals in advice["scores"].items()
    }
    lines = [["network", *tasks, "sum"]]
    for name, own in sorted(means.items(), key=lambda item: -sum(item[1])):
        text = "each task alone" if name == ALONE else name
        lines.append([text, *(f"{x:z.4f}" for x in (*own, sum(own)))])
    return lines


def bound_text(advice: dict[str, Any]) -> str:
    """What a search may gain at most, as a sentence.

    Args:
        advice: content of `advice.json`.
    """
    bound = advice["bound"]
    return (
        "What a search may gain at most, the best of these networks for every "
        "task over the best one for all, chosen and judged on different rows: "
        f"{signed(bound['mean'])} ({signed(bound['low'])} to "
        f"{signed(bound['high'])}); {signed(bound['naive'])} if the same rows "
        "choose and judge."
    )


def price_text(advice: dict[str, Any]) -> str:
    """What a search would cost, as sentences.

    Args:
        advice: content of `advice.json`.
    """
    price = advice["price"]
    return (
        f"A search with this config trains {price['trainings']} networks: "
        f"about {price['seconds']:,.0f} s here, "
        f"{price['seconds_of_one']:.1f} s each. "
        f"This advice trained {price['trainings_of_advice']}."
    )
