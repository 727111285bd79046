"""The files of a comparison of allocations: JSON, a page and pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_tf.experiment.allocation.summary import label_of
from mtnas_tf.experiment.markdown import table
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.plots import draw_allocation
from mtnas_tf.plots import draw_curves
from mtnas_tf.plots import draw_task_tree

Result = dict[str, Any]
Rows = Sequence[dict[str, Any]]
DRAWN = ("learned", "random")  # allocations that differ between tasks
HEADER = (
    "method",
    "test error",
    "± over seeds",
    "minus shared bottom",
    "valid error",
    "components",
    "parameters",
    "seconds",
)


def write_allocations(result: Result, directory: Path) -> None:
    """Writes `compare.json`, `compare.md` and the pictures.

    Args:
        result: of `compare`.
        directory: an existing directory.
    """
    write_text(directory / "compare.json", strict_json(result))
    pictures = _draw(result, directory)
    write_text(directory / "compare.md", _page(result, pictures))


def text_table(result: Result) -> str:
    """The summary as a table of Markdown.

    Args:
        result: of `compare`.
    """
    return table(HEADER, [_cells(line) for line in result["summary"]])


def _cells(line: dict[str, Any]) -> list[str]:
    difference = _percent(line["difference"], "+")
    if line["difference_error"] is not None:
        difference += f" ± {_percent(line['difference_error'])}"
    return [
        line["method"],
        _percent(line["error"]),
        _percent(line["error_std"]),
        difference,
        _percent(line["valid_error"]),
        f"{line['share']:.0%}",
        f"{line['num_parameters']:,.0f}",
        f"{line['train_seconds']:.0f}",
    ]


def _percent(value: float | None, sign: str = "") -> str:
    return "" if value is None else f"{100 * value:{sign}.2f}"


def _page(result: Result, pictures: Sequence[str]) -> str:
    protocol = result["protocol"]
    section = protocol["config"]["allocation"]
    images = ", ".join(f"{n:,} {name}" for name, n in protocol["rows"].items())
    lines = [
        f"# Allocations on {result['dataset']}\n",
        text_table(result),
        f"Errors in percent, means over {len(protocol['tasks'])} tasks and "
        f"{protocol['num_seeds']} seeds; ± of a difference is the standard "
        "error of paired differences. `components` is the share that a task "
        f"uses. {section['num_rounds']:,} rounds; {images} images. Weights: "
        f"{protocol['selection']}. {protocol['date']}.\n",
        *(f"![{name}]({name})\n" for name in pictures),
    ]
    return "\n".join(lines)


def _draw(result: Result, directory: Path) -> list[str]:
    """Draws the pictures; their names."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in result["rows"]:
        groups.setdefault(label_of(row), []).append(row)
    names = ["accuracy.svg"]
    rounds = result["protocol"]["config"]["allocation"]["rounds_per_epoch"]
    draw_curves(
        {
            name: _curves(rows, "val_accuracy", rounds)
            for name, rows in groups.items()
        },
        directory / names[0],
        result["dataset"],
        "rounds",
        "validation accuracy, mean over tasks",
    )
    if "learned" in groups:
        names.append("entropy.svg")
        draw_curves(
            {"learned": _curves(groups["learned"], "entropy", rounds)},
            directory / names[-1],
            result["dataset"],
            "rounds",
            "entropy of an allocation's bit, nats",
        )
    for method in DRAWN:
        if method in groups:
            names += _draw_allocation(method, groups[method], result, directory)
    return names


def _curves(rows: Rows, name: str, rounds_per_epoch: int) -> list[Any]:
    return [
        (
            [
                rounds_per_epoch * (epoch + 1)
                for epoch in range(len(row["history"][name]))
            ],
            row["history"][name],
        )
        for row in rows
    ]


def _draw_allocation(
    method: str, rows: Rows, result: Result, directory: Path
) -> list[str]:
    """The matrix and the tree of a method's first seed."""
    tasks = result["protocol"]["tasks"]
    components = result["protocol"]["config"]["allocation"]["components"]
    allocated = np.array(rows[0]["allocated"])
    title = f"{result['dataset']}: {method}, seed {rows[0]['seed']}"
    names = [f"allocation_{method}.svg", f"tasks_{method}.svg"]
    draw_allocation(allocated, tasks, components, directory / names[0], title)
    draw_task_tree(allocated, tasks, directory / names[1], title)
    return names
