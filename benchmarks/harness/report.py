"""Results on disk: JSON, and a Markdown page."""

import json
import pathlib
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from mtnas_tf.experiment.run_directory import write_text

Results = dict[str, dict[str, Any]]  # section -> what it returned

# What every section has; all else that it returns is a headline.
DETAILS = (
    "about",
    "date",
    "command",
    "machine",
    "rounds",
    "splits",
    "seeds",
    "is_smoke",
    "seconds",
    "versions",
    "rows",
    "summary",
    "error",
)
INTRODUCTION = """\
# Benchmarks

Written by `make bench`, which measures everything below on one machine. Each
subject runs in a process of its own; the subjects of a comparison take turns,
round by round. Numbers are medians, with the smallest and the largest round in
brackets. Ratios are taken within each round."""


def read(path: pathlib.Path) -> Results:
    """Sections measured before; empty if there are none."""
    if not path.exists():
        return {}
    sections: Results = json.loads(path.read_text(encoding="utf-8"))["sections"]
    return sections


def write(path: pathlib.Path, results: Results) -> None:
    """Writes JSON, all or nothing.

    The object holds every section's headlines by name, and the whole sections
    as `sections`.
    """
    headlines = {
        key: value
        for section in results.values()
        for key, value in section.items()
        if key not in DETAILS
    }
    content = json.dumps({**headlines, "sections": results}, indent=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, content + "\n")


def markdown(results: Results) -> str:
    """A part per section: how, what it found, then its `rows` as a table."""
    parts = [INTRODUCTION]
    for name, section in results.items():
        parts += [f"## {name.capitalize()}", section.get("about", "")]
        facts = [
            f"- **{key}**: {_cell(value)}"
            for key, value in section.items()
            if key not in DETAILS or key == "error"
        ]
        parts.append("\n".join(facts))
        if section.get("rows"):
            parts.append(table(section["rows"]))
        parts.append(origin(section, f"{section.get('rounds')} rounds"))
    return "\n\n".join(part for part in parts if part) + "\n"


def origin(section: Mapping[str, Any], extent: str) -> str:
    """When, how and where a section was measured.

    Args:
        section: a section's results.
        extent: how much was measured.
    """
    machine = section.get("machine")
    if not machine:
        return ""
    libraries = {"here": machine["versions"], **section.get("versions", {})}
    versions = "; ".join(
        f"{name}: "
        + ", ".join(f"{package} {v}" for package, v in packages.items())
        for name, packages in libraries.items()
    )
    return (
        f"{section['date'][:10]}, `{section['command']}`, "
        f"{extent}, {section['seconds'] / 60:.1f} minutes; "
        f"{machine['cpu']}, {machine['cores']} cores, {machine['ram_gb']:.0f} "
        f"GB, {machine['system']}, Python {machine['python']}. {versions}."
    )


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table.

    Columns are the rows' keys; those without any value are left out.
    """
    names = dict.fromkeys(key for row in rows for key in row)
    columns = [
        name for name in names if any(row.get(name) is not None for row in rows)
    ]
    lines = [columns, ["---"] * len(columns)]
    lines += [[_cell(row.get(name)) for name in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    if isinstance(value, Mapping):
        if "spread" in value:
            return _summary(value)
        return "; ".join(
            f"{key} ({_cell(item)})"
            if isinstance(item, Mapping) and "spread" not in item
            else f"{key} {_cell(item)}"
            for key, item in value.items()
        )
    return str(value).replace("|", "\\|").replace("\n", " ")


def _summary(value: Mapping[str, Any]) -> str:
    """A number, its spread, and whatever stands beside them."""
    number, *others = (item for key, item in value.items() if key != "spread")
    low, high = value["spread"]
    parts = [f"{_cell(number)} ({_cell(low)}-{_cell(high)})"]
    return ", ".join([*parts, *map(_cell, others)])
