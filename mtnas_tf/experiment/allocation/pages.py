"""The files of a comparison of allocations: JSON, a page and pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtnas_tf.experiment.allocation.pictures import Picture
from mtnas_tf.experiment.allocation.pictures import Result
from mtnas_tf.experiment.allocation.pictures import pictures
from mtnas_tf.experiment.markdown import table
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.strict_json import strict_json

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
    drawn = list(pictures(result))
    for picture in drawn:
        picture.draw(directory / picture.name)
    write_text(directory / "compare.md", _page(result, drawn))


def text_table(result: Result) -> str:
    """The summary as a table of Markdown.

    Args:
        result: of `compare`.
    """
    return table(HEADER, summary_cells(result))


def summary_cells(result: Result) -> list[list[str]]:
    """The rows of the summary, as `HEADER` names their cells.

    Args:
        result: of `compare`.
    """
    return [_cells(line) for line in result["summary"]]


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


def summary_caption(protocol: dict[str, Any]) -> str:
    """What the summary's numbers are.

    Args:
        protocol: of `compare`.
    """
    return (
        f"Errors in percent, means over {len(protocol['tasks'])} tasks and "
        f"{protocol['num_seeds']} seeds; ± of a difference is the standard "
        "error of paired differences. `components` is the share that a task "
        "uses."
    )


def _page(result: Result, drawn: Sequence[Picture]) -> str:
    protocol = result["protocol"]
    section = protocol["config"]["allocation"]
    images = ", ".join(f"{n:,} {name}" for name, n in protocol["rows"].items())
    lines = [
        f"# Allocations on {result['dataset']}\n",
        text_table(result),
        f"{summary_caption(protocol)} {section['num_rounds']:,} rounds; "
        f"{images} images. Weights: {protocol['selection']}. "
        f"{protocol['date']}.\n",
        *(f"![{each.caption}]({each.name})\n" for each in drawn),
    ]
    return "\n".join(lines)
