"""A comparison as a table that people read."""

import html
import math
from typing import Any

import numpy as np

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
<table>{rows}</table></body></html>
"""


def markdown_table(result: dict[str, Any]) -> str:
    """The comparison as a Markdown table, one line per method."""
    header, *lines = _cells(result)
    rows = [header, ["---", *["---:"] * (len(header) - 1)], *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


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
    return HTML_PAGE.format(
        title=title, caption=html.escape(caption(result)), rows="\n".join(rows)
    )


def caption(result: dict[str, Any]) -> str:
    """What the numbers of the table are."""
    protocol = result["protocol"]
    return (
        f"Test split ({protocol['rows']['test']} rows), mean and standard "
        f"error over {protocol['num_seeds']} seeds, {protocol['date']}. The "
        "difference is paired by seed against mmoe. Budget: cost in trainings "
        "of mmoe, compilation included."
    )


def _cells(result: dict[str, Any]) -> list[list[str]]:
    groups: dict[str, dict[str, Summary]] = {}
    for entry in result["summary"]:
        name = _name(entry["model"], entry["variant"])
        groups.setdefault(name, {})[entry["metric"]] = entry
    metrics = list(dict.fromkeys(e["metric"] for e in result["summary"]))
    header = [
        "model",
        *(metric.replace("_", " ") for metric in metrics),
        "loss - mmoe",
        "dense params",
        "step ms",
        "seconds",
        "budget",
    ]
    rows = [header]
    for name, entries in groups.items():
        rows.append(
            [
                name,
                *(_with_error(entries[metric]) for metric in metrics),
                _delta(entries["mtl_loss"]),
                *_costs(name, result["rows"]),
            ]
        )
    return rows


def _costs(name: str, rows: list[dict[str, Any]]) -> list[str]:
    rows = [r for r in rows if _name(r["model"], r["variant"]) == name]
    dense = np.mean([row["num_parameters"]["dense"] for row in rows])
    step = np.mean([row["step_milliseconds"] for row in rows])
    seconds = np.mean([row["train_seconds"] for row in rows])
    budget = np.mean([row["budget"] for row in rows])
    return [
        f"{dense:,.0f}",
        f"{step:.1f}",
        f"{seconds:.0f}",
        "" if math.isnan(budget) else f"{budget:.1f}",
    ]


def _name(model: str, variant: str | None) -> str:
    return model if variant is None else f"{model} ({variant})"


def _with_error(entry: Summary) -> str:
    if math.isnan(entry["std_error"]):
        return f"{entry['mean']:.4f}"
    return f"{entry['mean']:.4f} ± {entry['std_error']:.4f}"


def _delta(entry: Summary) -> str:
    delta = entry.get("delta_vs_mmoe")
    if delta is None:
        return ""
    if math.isnan(entry["delta_std_error"]):
        return f"{delta:+.4f}"
    return f"{delta:+.4f} ± {entry['delta_std_error']:.4f}"
