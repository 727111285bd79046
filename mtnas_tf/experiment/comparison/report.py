"""A comparison as a table that people read, and as text for a page."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.experiment import markdown
from mtnas_tf.experiment.aligned import aligned
from mtnas_tf.experiment.comparison.captions import caption
from mtnas_tf.experiment.comparison.captions import with_error
from mtnas_tf.experiment.comparison.claim_lines import claim_lines
from mtnas_tf.experiment.comparison.domain_report import CAPTION
from mtnas_tf.experiment.comparison.domain_report import domain_cells
from mtnas_tf.experiment.comparison.methods import BEST_OF_MANY
from mtnas_tf.experiment.comparison.methods import MEAN
from mtnas_tf.experiment.comparison.methods import Method
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import Row
from mtnas_tf.experiment.comparison.methods import kind_of
from mtnas_tf.experiment.comparison.methods import name_of
from mtnas_tf.experiment.signed import signed
from mtnas_tf.plots.pareto_plot import Point

Summary = dict[str, Any]
Metric = tuple[str | None, str]  # task, name
TRAINED = "trained"  # of a row: side by side with others, or alone


def markdown_table(result: dict[str, Any]) -> str:
    """The comparison as a Markdown table, one line per method."""
    header, *rows = table_cells(result)
    return markdown.table(header, rows)


def markdown_page(result: dict[str, Any]) -> str:
    """The table, what it shows, and the claims."""
    claims = "".join(f"- {line}\n" for line in claim_lines(result))
    page = f"{markdown_table(result)}\n{caption(result)}\n\n{claims}"
    if cells := domain_cells(result):
        page += f"\n{markdown.table(cells[0], cells[1:])}\n{CAPTION}\n"
    return page


def text_table(result: dict[str, Any]) -> str:
    """The comparison as aligned columns, for a terminal."""
    header, *rows = table_cells(result)
    return aligned(header, rows, right=header[1:])


def text_page(result: dict[str, Any]) -> str:
    """The table, what it shows, and the claims, for a terminal."""
    parts = [text_table(result), caption(result), *claim_lines(result)]
    if cells := domain_cells(result):
        parts += [aligned(cells[0], cells[1:], right=cells[0][2:]), CAPTION]
    return "\n\n".join(parts)


def pareto_points(result: dict[str, Any]) -> list[Point]:
    """Mean score of every method whose networks have a cost.

    Networks that are the best of many trainings are one group, all others
    another. A single training is left out where there is a mean.
    """
    methods, points = Methods(result["rows"]), []
    for entry in result["summary"]:
        method = entry["model"], entry["variant"]
        is_score = (entry["task"], entry["metric"]) == (None, "score")
        is_one_of = method[1] is None and (method[0], MEAN) in methods
        cost = methods.cost(method)
        if is_score and not is_one_of and cost is not None:
            is_best = kind_of(method) in BEST_OF_MANY
            points.append(
                Point(
                    name_of(method),
                    cost,
                    entry["mean"],
                    float(np.nan_to_num(entry["std_error"])),
                    "best of many" if is_best else "mean or one training",
                )
            )
    return points


def differences_to_mmoe(
    result: dict[str, Any],
) -> dict[str, dict[str, tuple[float, float]]]:
    """Every method's difference to MMoE and its error, as panels of a plot.

    Args:
        result: what `compare` returns.

    Returns:
        dict of two panels, see `draw_differences`; without MMoE they are empty.
    """
    return {
        label: {
            name_of((entry["model"], entry["variant"])): (
                entry["delta_vs_mmoe"],
                entry["delta_std_error"],
            )
            for entry in result["summary"]
            if (entry["task"], entry["metric"]) == (None, metric)
            and "delta_vs_mmoe" in entry
        }
        for label, metric in (
            ("score - MMoE", "score"),
            ("loss - MMoE", "mtl_loss"),
        )
    }


def table_cells(result: dict[str, Any]) -> list[list[str]]:
    """The header of the table, then a line for each method."""
    groups: dict[Method, dict[Metric, Summary]] = {}
    for entry in result["summary"]:
        group = groups.setdefault((entry["model"], entry["variant"]), {})
        group[entry["task"], entry["metric"]] = entry
    metrics = dict.fromkeys(
        metric for group in groups.values() for metric in group
    )
    methods = Methods(result["rows"])
    are_told = all(TRAINED in row for row in result["rows"])
    header = [
        "model",
        *(_metric_name(task, metric) for task, metric in metrics),
        "score - mmoe",
        "loss - mmoe",
        "trainings",
        *([TRAINED] if are_told else []),
        "dense params",
        "multiply-adds",
        "seconds",
        "budget",
    ]
    rows = [
        [
            name_of(method),
            *(with_error(entries[metric]) for metric in metrics),
            _delta(entries[None, "score"]),
            _delta(entries[None, "mtl_loss"]),
            *_costs(method, list(methods.pairs(method).values()), are_told),
        ]
        for method, entries in groups.items()
    ]
    return [header, *rows]


def _metric_name(task: str | None, metric: str) -> str:
    name = metric.replace("_", " ")
    return name if task is None else f"{task.replace('_', ' ')} {name}"


def _costs(method: Method, rows: Sequence[Row], are_told: bool) -> list[str]:
    counts = [row["num_parameters"] for row in rows]
    return [
        _trainings(method, rows),
        *([rows[0].get(TRAINED, "")] if are_told else []),
        _mean([count and count["dense"] for count in counts], ",.0f"),
        *(
            _mean([row[key] for row in rows], form)
            for key, form in (
                ("multiply_adds", ",.0f"),
                ("train_seconds", ".1f"),
                ("budget", ".1f"),
            )
        ),
    ]


def _trainings(method: Method, rows: Sequence[Row]) -> str:
    """The number of trainings, and whether it is their best or mean."""
    count = f"{np.mean([row['num_trainings'] for row in rows]):,.0f}"
    if kind_of(method) in BEST_OF_MANY:
        return f"best of {count}"
    return count if count == "1" else f"mean of {count}"


def _mean(values: Sequence[float | None], form: str) -> str:
    """Empty where it makes no sense: several networks, several routes."""
    known = [value for value in values if value is not None]
    return format(float(np.mean(known)), form) if known else ""


def _delta(entry: Summary) -> str:
    delta = entry.get("delta_vs_mmoe")
    if delta is None:
        return ""
    return signed(delta, entry["delta_std_error"])
