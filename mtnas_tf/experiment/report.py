"""A comparison as a table that people read."""

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.experiment import markdown
from mtnas_tf.experiment.pareto_plot import Point

Summary = dict[str, Any]

HTML_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
       max-width: 70rem }}
table {{ border-collapse: collapse }}
th, td {{ padding: .3rem .8rem; text-align: right;
          border-bottom: 1px solid #ddd }}
th:first-child, td:first-child {{ text-align: left }}
</style></head><body><h1>{title}</h1><p>{caption}</p>
<table>{rows}</table><ul>{claims}</ul></body></html>
"""


def markdown_table(result: dict[str, Any]) -> str:
    """The comparison as a Markdown table, one line per method."""
    header, *rows = _cells(result)
    return markdown.table(header, rows)


def markdown_page(result: dict[str, Any]) -> str:
    """The table, what it shows, and the claims."""
    claims = "".join(f"- {line}\n" for line in claim_lines(result))
    return f"{markdown_table(result)}\n{caption(result)}\n\n{claims}"


def text_table(result: dict[str, Any]) -> str:
    """The comparison as aligned columns, for a terminal."""
    cells = _cells(result)
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def html_page(result: dict[str, Any]) -> str:
    """The comparison as one self-contained page."""
    header, *lines = _cells(result)
    rows = ["<tr>" + "".join(f"<th>{html.escape(c)}</th>" for c in header)]
    rows += [
        "<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row)
        for row in lines
    ]
    title = f"Comparison on {html.escape(result['dataset'])}"
    claims = [f"<li>{html.escape(line)}</li>" for line in claim_lines(result)]
    return HTML_PAGE.format(
        title=title,
        caption=html.escape(caption(result)),
        rows="\n".join(rows),
        claims="\n".join(claims),
    )


def caption(result: dict[str, Any]) -> str:
    """What the numbers of the table are."""
    protocol = result["protocol"]
    return (
        f"Test split ({protocol['rows']['test']} rows), mean and standard "
        f"error over {pairs(protocol)}, {protocol['date']}. Score: sum of "
        "the AUCs (a multi-class task counts its accuracy, a regression minus "
        "its squared error). Differences are paired by split and seed against "
        "mmoe. Restarted: the best on validation of "
        f"{protocol['trainings_of_a_search']} trainings, as many as a search "
        "makes. Budget: seconds in trainings of mmoe, compilation included."
    )


def pairs(protocol: dict[str, Any]) -> str:
    """The seeds and splits of a comparison."""
    seeds = _counted(protocol["num_seeds"], "seed")
    if protocol["num_splits"] == 1:
        return f"{seeds} on one split"
    return f"{seeds} on each of {protocol['num_splits']} splits"


def claim_lines(result: dict[str, Any]) -> list[str]:
    """The comparisons that a search is judged by, a sentence each."""
    return [
        f"{method_name(*claim['of'])} minus {method_name(*claim['minus'])}: "
        f"score {signed(claim['mean'], claim['std_error'])} over "
        f"{_counted(claim['num_pairs'], 'pair')}{_p_value(claim['p_value'])}"
        f"{_cost_ratio(claim['cost_ratio'])}"
        for claim in result["claims"]
    ]


def pareto_points(result: dict[str, Any]) -> list[Point]:
    """Mean score of every method whose networks have a cost."""
    points = []
    for entry in result["summary"]:
        if entry["metric"] != "score":
            continue
        name = method_name(entry["model"], entry["variant"])
        costs = [
            row["multiply_adds"]
            for row in result["rows"]
            if method_name(row["model"], row["variant"]) == name
            and row["multiply_adds"] is not None
        ]
        if costs:
            error = np.nan_to_num(entry["std_error"])
            mean = float(np.mean(costs))
            points.append(Point(name, mean, entry["mean"], float(error)))
    return points


def method_name(model: str, variant: str | None) -> str:
    """A method as tables call it."""
    return model if variant is None else f"{model} ({variant})"


def with_error(entry: Summary) -> str:
    """A mean of a summary with its standard error, if it has one."""
    if math.isnan(entry["std_error"]):
        return f"{entry['mean']:.4f}"
    return f"{entry['mean']:.4f} ± {entry['std_error']:.4f}"


def signed(delta: float, error: float) -> str:
    """A difference with its standard error, if it has one."""
    if math.isnan(error):
        return f"{delta:+.4f}"
    return f"{delta:+.4f} ± {error:.4f}"


def _cells(result: dict[str, Any]) -> list[list[str]]:
    groups: dict[str, dict[str, Summary]] = {}
    for entry in result["summary"]:
        name = method_name(entry["model"], entry["variant"])
        groups.setdefault(name, {})[entry["metric"]] = entry
    metrics = list(dict.fromkeys(e["metric"] for e in result["summary"]))
    header = [
        "model",
        *(metric.replace("_", " ") for metric in metrics),
        "score - mmoe",
        "loss - mmoe",
        "trainings",
        "dense params",
        "multiply-adds",
        "seconds",
        "budget",
    ]
    rows = [header]
    for name, entries in groups.items():
        rows.append(
            [
                name,
                *(with_error(entries[metric]) for metric in metrics),
                _delta(entries["score"]),
                _delta(entries["mtl_loss"]),
                *_costs(name, result["rows"]),
            ]
        )
    return rows


def _costs(name: str, rows: list[dict[str, Any]]) -> list[str]:
    rows = [r for r in rows if method_name(r["model"], r["variant"]) == name]
    counts = [row["num_parameters"] for row in rows]
    return [
        _mean([row["num_trainings"] for row in rows], ",.0f"),
        _mean([count and count["dense"] for count in counts], ",.0f"),
        _mean([row["multiply_adds"] for row in rows], ",.0f"),
        _mean([row["train_seconds"] for row in rows], ".1f"),
        _mean([row["budget"] for row in rows], ".1f"),
    ]


def _mean(values: Sequence[float | None], form: str) -> str:
    """Empty where it makes no sense: several networks, several routes."""
    known = [value for value in values if value is not None]
    return format(float(np.mean(known)), form) if known else ""


def _delta(entry: Summary) -> str:
    delta = entry.get("delta_vs_mmoe")
    if delta is None:
        return ""
    return signed(delta, entry["delta_std_error"])


def _cost_ratio(value: float | None) -> str:
    return "" if value is None else f", {value:.2f} of its multiply-adds"


def _counted(count: int, noun: str) -> str:
    """A number of things, as in `1 pair`, `2 pairs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _p_value(value: float) -> str:
    return "" if math.isnan(value) else f", p = {value:.2g}"
