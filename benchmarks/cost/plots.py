"""Writes the page of the cost model, with its figures, from results.

    python -m benchmarks.cost.plots [RESULTS]

RESULTS is what `python -m benchmarks --only cost` wrote, by default
`benchmarks/results.json`. Writes `docs/cost_model.md` and `docs/figures`.
"""

import argparse
import pathlib
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.cost import page as cost_page
from benchmarks.cost.sizes import FACTORS
from benchmarks.cost.sizes import short
from benchmarks.harness import report

RESULTS = pathlib.Path("benchmarks", "results.json")
DOCS = pathlib.Path("docs")
STYLE = {
    "svg.fonttype": "none",  # text stays text: small, and can be searched
    "svg.hashsalt": "mtnas_tf",  # same results, same bytes
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
}
# Okabe and Ito's colours, which the colour-blind can tell apart.
MEASURED_COLOR = "#0072B2"
FIXED_COLOR = "#757575"
# Bound -> its label, colour and line.
BOUNDS = {
    "memory_ms": ("lower bound by memory", "#009E73", "--"),
    "arithmetic_ms": ("lower bound by arithmetic", "#D55E00", "-."),
}

Rows = Sequence[Mapping[str, Any]]


def main() -> None:
    """Reads the results given and writes into `docs`."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cost.plots",
        description=__doc__.split("\n")[0],
    )
    parser.add_argument(
        "results",
        nargs="?",
        type=pathlib.Path,
        default=RESULTS,
        help=f"default: {RESULTS}",
    )
    path = parser.parse_args().results
    results = report.read(path)
    if "cost" not in results:
        parser.error(f"no section `cost` in {path}")
    write(results["cost"], DOCS)


def write(section: Mapping[str, Any], docs: pathlib.Path) -> None:
    """Writes the page and a figure for each kind of step.

    Args:
        section: what `benchmarks.cost.section` returned, and how it came about.
        docs: directory of the page.

    Raises:
        ValueError: if the results are of a smoke run.
    """
    if section["is_smoke"]:
        raise ValueError(
            "`section` must come from a full run. Received: a smoke run"
        )
    figures = docs / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    write_figures(section, figures)
    page = docs / "cost_model.md"
    page.write_text(cost_page.page(section), encoding="utf-8")


def write_figures(section: Mapping[str, Any], directory: pathlib.Path) -> None:
    """Writes a figure for each kind of step.

    Args:
        section: what `benchmarks.cost.section` returned.
        directory: where to.
    """
    for step, fixed in section["cost_fixed_ms"].items():
        rows = [row for row in section["rows"] if row["step"] == step]
        with style.context(["default", STYLE]):
            _figure(rows, fixed["median"]).savefig(
                directory / cost_page.FIGURES[step], metadata={"Date": None}
            )


def _figure(rows: Rows, fixed_ms: float) -> Figure:
    """A panel for each factor."""
    factors = list(dict.fromkeys(row["factor"] for row in rows))
    num_columns = -(-len(factors) // 2)
    figure = Figure(figsize=(2.6 * num_columns, 5.4), layout="constrained")
    panels = figure.subplots(2, num_columns, sharey=True, squeeze=False)
    for panel in panels.flat[len(factors) :]:
        panel.set_axis_off()
    for panel, factor in zip(panels.flat, factors, strict=False):
        _draw(panel, [row for row in rows if row["factor"] == factor])
        panel.axhline(
            fixed_ms, color=FIXED_COLOR, linestyle=":", label="smallest model"
        )
        panel.set_xlabel(FACTORS[factor])
    for first, *_ in panels:
        first.set_ylabel("milliseconds a step")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


def _draw(panel: Axes, rows: Rows) -> None:
    """Times against the values of one factor, both on log scales."""
    values = [row["value"] for row in rows]
    medians = [row["step_ms"]["median"] for row in rows]
    lows, highs = zip(*(row["step_ms"]["spread"] for row in rows), strict=True)
    panel.errorbar(
        values,
        medians,
        yerr=[
            [m - low for m, low in zip(medians, lows, strict=True)],
            [high - m for m, high in zip(medians, highs, strict=True)],
        ],
        label="measured (median, min-max)",
        color=MEASURED_COLOR,
        marker="o",
        markersize=4,
        capsize=3,
    )
    for bound, (label, color, line) in BOUNDS.items():
        panel.plot(
            values,
            [row[bound] for row in rows],
            label=label,
            color=color,
            linestyle=line,
        )
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xticks(values, [short(value) for value in values])
    panel.set_xticks([], minor=True)


if __name__ == "__main__":
    main()
