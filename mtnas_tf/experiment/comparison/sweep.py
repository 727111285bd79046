"""One comparison for each variant of an experiment, side by side."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from mtnas_preprocessing import local_path
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import Sweep
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import markdown
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.aligned import aligned
from mtnas_tf.experiment.comparison.captions import errors
from mtnas_tf.experiment.comparison.captions import order
from mtnas_tf.experiment.comparison.captions import pairs
from mtnas_tf.experiment.comparison.captions import test_rows
from mtnas_tf.experiment.comparison.captions import with_error
from mtnas_tf.experiment.comparison.compare import compare
from mtnas_tf.experiment.comparison.methods import name_of
from mtnas_tf.experiment.comparison.summary import difference
from mtnas_tf.experiment.signed import signed
from mtnas_tf.plots.palette import COLORS
from mtnas_tf.plots.palette import GREY

Row = dict[str, Any]
Cells = dict[str, dict[str, dict[str, Any]]]  # method -> variant's label -> it

LABEL = "variant_of_sweep"  # of a row that is kept
METRICS = ("mtl_loss", "score")


def run_sweep(
    sweep: Sweep,
    num_seeds: int,
    num_splits: int = 1,
    load: Callable[[ExperimentConfig], MultiTaskData] = runner.load_data,
    report: Callable[[str], None] = print,
    keep: Callable[[Row], None] | None = None,
    known: Sequence[Row] = (),
    executor: Executor | None = None,
    store_dir: str | Path | None = None,
) -> dict[str, Any]:
    """Compares all methods in every variant, on the same splits and seeds.

    Args:
        sweep: `Sweep`.
        num_seeds: see `compare`.
        num_splits: see `compare`. Defaults to `1`.
        load: from a config to its data. Defaults to `runner.load_data`.
        report: called with a line of text after every row.
        keep: called with every row, and its `variant_of_sweep`, as it comes.
            Defaults to `None`.
        known: rows kept of the same sweep that was not finished. Defaults to
            `()`.
        executor: see `compare`. Defaults to `None`.
        store_dir: see `compare`. Defaults to `None`.

    Returns:
        dict for `sweep.json`: `title`; `variants`, a dict label -> what
        `compare` returns; `differences`, each method in a variant minus the
        same in the first, paired by split and seed.
    """

    def keep_labelled(row: Row) -> None:
        if keep is not None:
            keep({LABEL: label, **row})

    variants = {}
    for label, config in sweep.configs().items():
        report(f"{sweep.title}: {label}")
        variants[label] = compare(
            config,
            num_seeds,
            num_splits,
            load,
            report,
            keep_labelled,
            _rows_of(label, known),
            executor,
            store_dir,
        )
    return {
        "title": sweep.title,
        "variants": variants,
        "differences": differences(variants),
    }


def markdown_page(result: dict[str, Any]) -> str:
    """Tables of methods by variants: each metric, then its differences."""
    parts = _parts(result, lambda cells: markdown.table(cells[0], cells[1:]))
    return "\n\n".join([f"# {result['title']}", *parts]) + "\n"


def text_page(result: dict[str, Any]) -> str:
    """The same for a terminal."""
    parts = _parts(
        result,
        lambda cells: aligned(cells[0], cells[1:], right=cells[0][1:]),
    )
    return "\n\n".join([result["title"], *parts]) + "\n"


def _parts(
    result: dict[str, Any], table: Callable[[list[list[str]]], str]
) -> list[str]:
    """Tables, and what they show."""
    first, *others = result["variants"]
    parts = []
    for metric in METRICS:
        name = metric.replace("_", " ")
        means, deltas = _means(result, metric), _deltas(result, metric)
        cells = _cells([name, first, *others], means, with_error)
        parts.append(table(cells).rstrip("\n"))
        if others:
            header = [f"{name} - {first}", *others]
            parts.append(table(_cells(header, deltas, _signed)).rstrip("\n"))
    return [*parts, _caption(result)]


def draw_sweep(result: dict[str, Any], path: str | Path) -> None:
    """Draws the change that every variant makes in both metrics, by method."""
    first, *others = result["variants"]
    methods = list(_means(result, METRICS[0]))
    height = 1.5 + 0.12 * len(methods) * (len(others) + 1)
    figure = Figure(figsize=(11, height), layout="constrained")
    panels = figure.subplots(1, len(METRICS), sharey=True)
    for axes, metric in zip(panels, METRICS, strict=True):
        axes.axvline(0, color=GREY, linewidth=0.7)
        cells = _deltas(result, metric)
        for index, label in enumerate(others):
            found = {
                method: deltas[label]
                for method, deltas in cells.items()
                if label in deltas
            }
            shift = 0.7 * ((index + 0.5) / len(others) - 0.5)
            axes.errorbar(
                [delta["mean"] for delta in found.values()],
                [methods.index(method) + shift for method in found],
                xerr=[
                    np.nan_to_num(delta["std_error"])
                    for delta in found.values()
                ],
                color=COLORS[index % len(COLORS)],
                linestyle="",
                marker="o",
                markersize=4,
                capsize=2,
                label=label,
            )
        axes.set_xlabel(f"{metric.replace('_', ' ')}, test, minus {first}")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(methods)), methods)
    panels[0].invert_yaxis()
    handles = panels[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside right upper", frameon=False)
    figure.suptitle(result["title"])
    figure.savefig(local_path(path))


def _rows_of(label: str, known: Sequence[Row]) -> list[Row]:
    """The rows of a variant, as in a comparison."""
    return [
        {key: value for key, value in row.items() if key != LABEL}
        for row in known
        if row[LABEL] == label
    ]


def _means(result: dict[str, Any], metric: str) -> Cells:
    """Every method's mean in every variant that has it."""
    found: Cells = {}
    for label, compared in result["variants"].items():
        for entry in compared["summary"]:
            if (entry["task"], entry["metric"]) == (None, metric):
                name = name_of((entry["model"], entry["variant"]))
                found.setdefault(name, {})[label] = entry
    return found


def _deltas(result: dict[str, Any], metric: str) -> Cells:
    """Every method's differences from the first variant."""
    found: Cells = {}
    for delta in result["differences"]:
        if delta["metric"] == metric:
            found.setdefault(delta["method"], {})[delta["of"]] = delta
    # In the order of the means.
    return {
        name: found[name] for name in _means(result, metric) if name in found
    }


def _cells(
    header: list[str], found: Cells, text: Callable[[dict[str, Any]], str]
) -> list[list[str]]:
    """A table of methods by variants."""
    _, *labels = header
    rows = [
        [name, *(text(own[x]) if x in own else "" for x in labels)]
        for name, own in found.items()
    ]
    return [header, *rows]


def _signed(delta: dict[str, Any]) -> str:
    return signed(delta["mean"], delta["std_error"])


def differences(variants: dict[str, Any]) -> list[dict[str, Any]]:
    """Every method in a variant minus the same in the first, paired."""
    return list(_differences(variants))


def _differences(variants: dict[str, Any]) -> Iterable[dict[str, Any]]:
    first, *others = variants
    reference = variants[first]["rows"]
    for label in others:
        rows = variants[label]["rows"]
        methods = dict.fromkeys((row["model"], row["variant"]) for row in rows)
        for method in methods:
            for metric in METRICS:
                delta = difference(rows, reference, method, metric)
                if delta is not None:
                    yield {
                        "method": name_of(method),
                        "metric": metric,
                        "of": label,
                        "minus": first,
                        **delta,
                    }


def _caption(result: dict[str, Any]) -> str:
    label, first = next(iter(result["variants"].items()))
    protocol = first["protocol"]
    return (
        f"{first['dataset']}. {test_rows(protocol)}, "
        f"{pairs(protocol)}, {protocol['date']}. ±: {errors(protocol)}. "
        "Differences are paired by split and seed, and not tested. "
        f"{order(protocol)}, from the best test score of {label} down."
    )
