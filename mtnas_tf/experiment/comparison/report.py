"""A comparison as a table that people read."""

import html
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.experiment import markdown
from mtnas_tf.experiment.aligned import aligned
from mtnas_tf.experiment.comparison.summary import BEST_OF_MANY
from mtnas_tf.experiment.comparison.summary import HAND_MADE
from mtnas_tf.experiment.comparison.summary import MEAN
from mtnas_tf.experiment.comparison.summary import SEARCHED
from mtnas_tf.experiment.comparison.summary import kind_of
from mtnas_tf.experiment.comparison.summary import strongest_rivals
from mtnas_tf.plots.pareto_plot import Point
from mtnas_tf.routes import Route

Summary = dict[str, Any]
Metric = tuple[str | None, str]  # task, name

# With fewer, the standard error of an AUC of a half is above .03.
FEW_LABELS = 100

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
    header, *rows = _cells(result)
    return aligned(header, rows, right=header[1:])


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
        f"{test_rows(protocol)}, {pairs(protocol)}, "
        f"{protocol['date']}. ±: {errors(protocol)}. The best test "
        "score comes first; nothing was chosen by it. Score: sum of "
        "the AUCs (a multi-class task counts its accuracy, a regression minus "
        "its squared error). Differences are paired by split and seed: picked "
        "and restarted networks, each the best on validation of its "
        "trainings, against mmoe (restarted), all others against mmoe (mean) "
        "or its one training. Budget: seconds in trainings of mmoe, "
        "compilation included."
    )


def test_rows(protocol: dict[str, Any]) -> str:
    """The rows that a comparison's numbers come from."""
    count = protocol["rows"]["test"]
    if protocol["config"]["data"].get("reads_holdout", False):
        return f"Hold-out ({count} rows that no split deals)"
    return f"Test split ({count} rows)"


def pairs(protocol: dict[str, Any]) -> str:
    """The seeds and splits of a comparison."""
    seeds = _counted(protocol["num_seeds"], "seed")
    if protocol["num_splits"] == 1:
        return f"{seeds} on one split"
    return f"{seeds} on each of {protocol['num_splits']} splits"


def errors(protocol: dict[str, Any]) -> str:
    """What the errors of a comparison are."""
    if protocol["num_splits"] == 1:
        return (
            "standard error over the seeds of one split, no evidence about "
            "other splits"
        )
    return "standard error over splits, each the mean of its seeds"


def claim_lines(result: dict[str, Any]) -> list[str]:
    """What a search is judged by: its strongest rival, then its controls.

    Then how the tests were made, and what else has to be known of them.
    """
    few = _few_labels(result["protocol"])
    rivals = [
        f"Strongest rival of {method_name(*rival['of'])}: "
        f"{method_name(*rival['minus'])}. "
        + _claim_line(_tested(rival, result["claims"]), few)
        for rival in strongest_rivals(result["rows"])
    ]
    claims = [_claim_line(claim, few) for claim in result["claims"]]
    return [*rivals, *claims, *_notes(result)]


def pareto_points(result: dict[str, Any]) -> list[Point]:
    """Mean score of every method whose networks have a cost.

    What is the best of many trainings is one group, all else another. One
    training of what has a mean is left out.
    """
    points = []
    methods = {(row["model"], row["variant"]) for row in result["rows"]}
    for entry in result["summary"]:
        model, variant = entry["model"], entry["variant"]
        is_score = (entry["task"], entry["metric"]) == (None, "score")
        if not is_score or (variant is None and (model, MEAN) in methods):
            continue
        costs = [
            row["multiply_adds"]
            for row in result["rows"]
            if (row["model"], row["variant"]) == (model, variant)
            and row["multiply_adds"] is not None
        ]
        if costs:
            is_best = kind_of((model, variant)) in BEST_OF_MANY
            points.append(
                Point(
                    method_name(model, variant),
                    float(np.mean(costs)),
                    entry["mean"],
                    float(np.nan_to_num(entry["std_error"])),
                    "best of many" if is_best else "mean or one training",
                )
            )
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
    groups: dict[str, dict[Metric, Summary]] = {}
    for entry in result["summary"]:
        name = method_name(entry["model"], entry["variant"])
        groups.setdefault(name, {})[entry["task"], entry["metric"]] = entry
    metrics = list(
        dict.fromkeys((e["task"], e["metric"]) for e in result["summary"])
    )
    header = [
        "model",
        *(_metric_name(task, metric) for task, metric in metrics),
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
                _delta(entries[None, "score"]),
                _delta(entries[None, "mtl_loss"]),
                *_costs(name, result["rows"]),
            ]
        )
    return rows


def _metric_name(task: str | None, metric: str) -> str:
    name = metric.replace("_", " ")
    return name if task is None else f"{task.replace('_', ' ')} {name}"


def _costs(name: str, rows: list[dict[str, Any]]) -> list[str]:
    rows = [r for r in rows if method_name(r["model"], r["variant"]) == name]
    counts = [row["num_parameters"] for row in rows]
    return [
        _trainings(rows),
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


def _claim_line(claim: dict[str, Any], few_labels: dict[str, int]) -> str:
    """A claim as `a minus b: ...`."""
    warning = ", few labels" if few_labels else ""
    parts = []
    for metric, delta in claim["differences"].items():
        name = {"mtl_loss": "loss"}.get(metric, metric)
        text = f"{name} {signed(delta['mean'], delta['std_error'])}"
        p_value = delta.get("p_corrected", math.nan)
        if not math.isnan(p_value):
            text += f" (p = {p_value:.2g}{warning})"
        parts.append(text)
    if claim["cost_ratio"] is not None:
        parts.append(f"{claim['cost_ratio']:.2f} of its multiply-adds")
    of, minus = method_name(*claim["of"]), method_name(*claim["minus"])
    return f"{of} minus {minus}: {', '.join(parts)}"


def _tested(
    rival: dict[str, Any], claims: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """A rival's claim among those that were tested, if it is."""
    key = (tuple(rival["of"]), tuple(rival["minus"]))
    for claim in claims:
        if (tuple(claim["of"]), tuple(claim["minus"])) == key:
            return claim
    return rival


def _notes(result: dict[str, Any]) -> list[str]:
    """What the differences rest on."""
    protocol = result["protocol"]
    tests = [
        delta
        for claim in result["claims"]
        for delta in claim["differences"].values()
        if not math.isnan(delta["p_corrected"])
    ]
    notes = []
    if tests:
        num_splits = protocol["num_splits"]
        notes.append(
            f"p: two-sided t tests over {num_splits} splits "
            f"({_counted(num_splits - 1, 'degree')} of freedom), corrected by "
            f"Holm's method for all {len(tests)} of them. Where it is above "
            ".05 there may be no difference. All splits are dealt from the "
            "same rows, so that errors are larger, if anything, than stated."
        )
    elif result["claims"]:
        notes.append(
            "No p values: differences over seeds of one split are no evidence "
            "about other splits."
        )
    notes += [
        f"Few labels: a test split holds {count} of the rarer class of "
        f"`{task}`, so that a row or two may move its AUC more than any method."
        for task, count in _few_labels(protocol).items()
    ]
    notes += protocol.get("notes", [])
    return [*notes, *_hand_made_winners(result["rows"])]


def _few_labels(protocol: dict[str, Any]) -> dict[str, int]:
    """Task -> labels of its rarer class, where they are few."""
    counts = protocol.get("rarest_labels", {})
    return {task: n for task, n in counts.items() if n < FEW_LABELS}


def _hand_made_winners(rows: Sequence[dict[str, Any]]) -> list[str]:
    """How many of the searched routes people had drawn before."""
    drawn = {
        (row["split_seed"], row["seed"], _text(row["route"]))
        for row in rows
        if row["model"] in HAND_MADE
    }
    found: dict[str, list[bool]] = {}
    for row in rows:
        if row["model"] == SEARCHED and row["route"] is not None:
            name = method_name(row["model"], row["variant"])
            key = (row["split_seed"], row["seed"], _text(row["route"]))
            found.setdefault(name, []).append(key in drawn)
    return [
        f"{name}: its route is a hand-made one in {sum(hits)} of {len(hits)} "
        "pairs."
        for name, hits in found.items()
        if any(hits)
    ]


def _text(route: dict[str, Any]) -> str:
    """The same for routes that compute the same."""
    read = Route.from_dict(route)
    needed = [*read.reached(), *read.tasks]
    blocks = {name: str(b) for name, b in read.blocks.items() if name in needed}
    return json.dumps(blocks, sort_keys=True)


def _counted(count: int, noun: str) -> str:
    """A number of things, as in `1 pair`, `2 pairs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _trainings(rows: list[dict[str, Any]]) -> str:
    """How many trainings a network comes from, and how."""
    count = f"{np.mean([row['num_trainings'] for row in rows]):,.0f}"
    kind = kind_of((rows[0]["model"], rows[0]["variant"]))
    if kind in BEST_OF_MANY:
        return f"best of {count}"
    return count if count == "1" else f"mean of {count}"
