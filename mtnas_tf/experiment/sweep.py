"""One comparison for each variant of an experiment, side by side."""

from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import Sweep
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import markdown
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.compare import compare
from mtnas_tf.experiment.report import method_name
from mtnas_tf.experiment.report import signed
from mtnas_tf.experiment.report import with_error
from mtnas_tf.experiment.summary import difference

Row = dict[str, Any]

METRICS = ("mtl_loss", "score")
# Okabe and Ito's colours.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


def run_sweep(
    sweep: Sweep,
    num_seeds: int,
    num_splits: int = 1,
    load: Callable[[ExperimentConfig], MultiTaskData] = runner.load_data,
    report: Callable[[str], None] = print,
    keep: Callable[[Row], None] | None = None,
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

    Returns:
        dict for `sweep.json`: `title`; `variants`, a dict label -> what
        `compare` returns; `differences`, each method in a variant minus the
        same in the first, paired by split and seed.
    """

    def keep_labelled(row: Row) -> None:
        if keep is not None:
            keep({"variant_of_sweep": label, **row})

    variants = {}
    for label, config in sweep.configs().items():
        report(f"{sweep.title}: {label}")
        variants[label] = compare(
            config, num_seeds, num_splits, load, report, keep_labelled
        )
    return {
        "title": sweep.title,
        "variants": variants,
        "differences": list(_differences(variants)),
    }


def markdown_page(result: dict[str, Any]) -> str:
    """A table of methods by variants for each metric, and the differences."""
    labels = list(result["variants"])
    parts = [f"# {result['title']}"]
    for metric in METRICS:
        cells = _cells(result, metric)
        rows = [[name, *row.values()] for name, row in cells.items()]
        header = [metric.replace("_", " "), *labels]
        parts.append(markdown.table(header, rows).rstrip("\n"))
    parts.append(
        "\n".join(
            f"- {found['method']}, {found['of']} minus {found['minus']}: "
            f"{found['metric'].replace('_', ' ')} "
            f"{signed(found['mean'], found['std_error'])} over "
            f"{found['num_pairs']} pairs"
            for found in result["differences"]
        )
    )
    parts.append(_caption(result))
    return "\n\n".join(parts) + "\n"


def draw_sweep(result: dict[str, Any], path: str | Path) -> None:
    """Draws both metrics of every method against the variants."""
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    labels = list(result["variants"])
    for axes, metric in zip(
        figure.subplots(1, len(METRICS)), METRICS, strict=True
    ):
        for index, (name, entries) in enumerate(
            _entries(result, metric).items()
        ):
            places = [labels.index(label) for label in entries]
            axes.errorbar(
                places,
                [entry["mean"] for entry in entries.values()],
                [entry["std_error"] or 0.0 for entry in entries.values()],
                color=COLORS[index % len(COLORS)],
                linestyle=("-", "--", ":")[index // len(COLORS) % 3],
                marker="o",
                capsize=3,
                label=name,
            )
        axes.set_xticks(range(len(labels)), labels)
        axes.set_ylabel(f"{metric.replace('_', ' ')}, test")
    figure.legend(
        *figure.axes[0].get_legend_handles_labels(),
        loc="outside right upper",
        frameon=False,
    )
    figure.suptitle(result["title"])
    figure.savefig(path)


def _entries(
    result: dict[str, Any], metric: str
) -> dict[str, dict[str, dict[str, Any]]]:
    """Method -> label -> its summary of a metric."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for label, compared in result["variants"].items():
        for entry in compared["summary"]:
            if entry["metric"] == metric:
                name = method_name(entry["model"], entry["variant"])
                found.setdefault(name, {})[label] = entry
    return found


def _cells(result: dict[str, Any], metric: str) -> dict[str, dict[str, str]]:
    return {
        name: {
            label: with_error(entries[label]) if label in entries else ""
            for label in result["variants"]
        }
        for name, entries in _entries(result, metric).items()
    }


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
                        "method": method_name(*method),
                        "metric": metric,
                        "of": label,
                        "minus": first,
                        **delta,
                    }


def _caption(result: dict[str, Any]) -> str:
    first = next(iter(result["variants"].values()))
    protocol = first["protocol"]
    return (
        f"{first['dataset']}, test split ({protocol['rows']['test']} rows), "
        f"mean and standard error over {protocol['num_seeds']} seeds on each "
        f"of {protocol['num_splits']} splits, {protocol['date']}; differences "
        "are paired by split and seed."
    )
