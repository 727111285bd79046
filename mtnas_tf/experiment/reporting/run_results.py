"""The metrics of a run as a section."""

import math
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.section import Section

Metrics = Mapping[str, Mapping[str, float | None]]  # task -> metric -> value

SPLITS = ("train", "valid", "test")
# Keys of `metrics.json` that hold the results of one verb more.
STAGES = {
    "": "trained or searched",
    "derived": "derived",
    "evaluated": "evaluated",
}
COUNTS = {
    "epochs": "epochs of all trainings",
    "train_seconds": "seconds of training",
    "step_milliseconds": "milliseconds a training step",
    "multiply_adds": "multiply-adds of a row",
    "routes_proposed_by_scores": "routes proposed by scores",
    "weights": "weights",
}
CALIBRATION = (
    "Predicted and observed rates in bins of as many rows each. A perfect "
    "model's points lie on the dashed line. `ece`, in the table of metrics, is "
    "their mean distance from it."
)


def results_section(metrics: Mapping[str, Any]) -> Section:
    """The section of metrics, with a line for each stage, split and task.

    Args:
        metrics: content of `metrics.json`.
    """
    found = list(_stages(metrics))
    names = dict.fromkeys(
        name
        for _, _, tasks in found
        for values in tasks.values()
        for name in values
    )
    lines = [
        [task, stage, split, *(_number(values.get(name)) for name in names)]
        for stage, split, tasks in found
        for task, values in tasks.items()
    ]
    header = ["task", "stage", "split"]
    header += [name.replace("_", " ") for name in names]
    parts: list[Any] = [
        PageTable("Metrics of every task.", header, lines, num_texts=3)
    ]
    sizes = list(_sizes(metrics))
    if sizes:
        table = PageTable("Effort and size.", ["what", "value"], sizes)
        parts.append(table)
    return Section("Results", parts)


def calibration_section(run: Path) -> Section:
    """The section of calibration; without parts if nothing was evaluated.

    Args:
        run: the directory.
    """
    figures = [
        PageFigure.read(path, f"Calibration on the {split} rows.")
        for split, path in _pictures(run, "reliability")
    ]
    return Section("Calibration", [CALIBRATION, *figures] if figures else [])


def reading_section(run: Path) -> Section:
    """The section of who reads what; without parts where nothing is learned.

    Args:
        run: the directory.
    """
    parts: list[Any] = []
    for split, path in _pictures(run, "expert_use"):
        caption = f"Use of experts on the {split} rows; dead ones are named."
        parts.append(PageFigure.read(path, caption))
    for split, path in _pictures(run, "sharing"):
        caption = f"Who reads what on the {split} rows."
        parts.append(PageFigure.read(path, caption))
    by_epoch = run / "sharing_by_epoch.svg"
    if by_epoch.is_file():
        caption = "Who reads what after each epoch of the training."
        parts.append(PageFigure.read(by_epoch, caption))
    return Section("Who reads what", parts)


def run_domains_section(metrics: Mapping[str, Any]) -> Section:
    """The section within domains; without parts where there are none.

    Args:
        metrics: content of `metrics.json`.
    """
    parts: list[Any] = []
    for split in SPLITS:
        tasks = metrics.get("evaluated", {}).get(f"{split}_domains", {})
        if tasks:
            parts.append(_domain_table(split, tasks))
    return Section("Within domains", parts)


def _stages(
    metrics: Mapping[str, Any],
) -> Iterator[tuple[str, str, Metrics]]:
    for key, name in STAGES.items():
        values = metrics.get(key, {}) if key else metrics
        for split in SPLITS:
            if split in values:
                yield name, split, values[split]


def _sizes(metrics: Mapping[str, Any]) -> Iterator[list[str]]:
    derived = metrics.get("derived", {})
    for key, name in COUNTS.items():
        for values, stage in ((metrics, ""), (derived, ", derived network")):
            if values.get(key):  # what was inherited took no training
                yield [f"{name}{stage}", _count(values[key])]
    counts = metrics.get("derived", metrics).get("num_parameters") or {}
    for kind, count in counts.items():
        yield [f"{kind} parameters", _count(count)]


def _domain_table(split: str, tasks: Mapping[str, Any]) -> PageTable:
    names = dict.fromkeys(
        name
        for domains in tasks.values()
        for values in domains.values()
        for name in values
    )
    lines = [
        [domain, task, *(_number(values.get(name)) for name in names)]
        for task, domains in tasks.items()
        for domain, values in domains.items()
    ]
    header = ["domain", "task", *(name.replace("_", " ") for name in names)]
    caption = f"Within domains, on the {split} rows."
    return PageTable(caption, header, lines, num_texts=2)


def _pictures(run: Path, kind: str) -> Iterator[tuple[str, Path]]:
    for split in SPLITS:
        path = run / f"{kind}_{split}.svg"
        if path.is_file():
            yield split, path


def _number(value: float | None) -> str:
    """Empty for what is not defined."""
    if value is None or math.isnan(value):
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:z.4f}"


def _count(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
