"""What went into a run: its data, its config, the versions it ran with."""

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from mtnas_tf.experiment.reporting.folded import Folded
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.section import Section

Labels = Mapping[
    str, Mapping[str, Mapping[str, Any]]
]  # split -> task -> counts


def data_section(
    rows: Mapping[str, int], labels: Labels, rarest: Mapping[str, int]
) -> Section:
    """The section of the data.

    Args:
        rows: split -> number of rows; empty if it is not known.
        labels: what `label_counts` returns; empty if it was not recorded.
        rarest: task -> least number of labels of its rarer class on test, of
            all splits; empty if it was not recorded.
    """
    parts: list[Any] = []
    if labels:
        lines = list(_label_lines(rows, labels))
        parts.append(
            PageTable(
                "Labels by split and task.",
                [
                    *("split", "task", "rows", "labels missing"),
                    *("positives", "positives, share", "mean label"),
                ],
                lines,
                num_texts=2,
            )
        )
    elif rows:
        counts = ", ".join(f"{name} {n:,}" for name, n in rows.items())
        parts.append(f"Rows: {counts}.")
    if rarest:
        counts = ", ".join(f"{task} {n:,}" for task, n in rarest.items())
        parts.append(
            "Least number of test labels of each task's rarer class, of all "
            f"splits: {counts}."
        )
    return Section("Data", parts)


def setup_section(
    config: Mapping[str, Any],
    versions: Mapping[str, str],
    facts: Mapping[str, str],
) -> Section:
    """The section of the config and the versions.

    Args:
        config: as JSON has it.
        versions: name -> version; empty if none was recorded.
        facts: what else is known, name -> text.
    """
    parts: list[Any] = []
    if facts:
        lines = [[name, text] for name, text in facts.items()]
        table = PageTable("About this run.", ["what", "value"], lines, 2)
        parts.append(table)
    if versions:
        lines = [[name, text] for name, text in versions.items()]
        table = PageTable("Versions.", ["package", "version"], lines, 2)
        parts.append(table)
    if config:
        lines = [[key, text] for key, text in _flat(config)]
        table = PageTable("`config.json`.", ["key", "value"], lines, 2)
        parts.append(Folded(f"All {len(lines)} values of the config", [table]))
    return Section("Configuration and versions", parts)


def origin_sections(
    about: Mapping[str, Any], config: Mapping[str, Any]
) -> list[Section]:
    """The sections of a run's data, config and versions.

    Args:
        about: content of `about.json`; empty if there is none.
        config: as JSON has it.
    """
    versions = about.get("versions", {})
    return [
        data_section(about.get("rows", {}), about.get("labels", {}), {}),
        setup_section(config, versions, _facts_of(about)),
    ]


def _facts_of(about: Mapping[str, Any]) -> dict[str, str]:
    """What made a run and when."""
    known = [key for key in ("made_by", "date") if key in about]
    return {key.replace("_", " "): str(about[key]) for key in known}


def _label_lines(
    rows: Mapping[str, int], labels: Labels
) -> Iterator[list[str]]:
    for split, tasks in labels.items():
        for task, found in tasks.items():
            count, positives = found["rows"], found["positives"]
            known = count - found["missing"]
            mean = found["mean"]
            yield [
                split,
                task,
                f"{rows.get(split, count):,}",
                f"{found['missing']:,} ({found['missing'] / count:.1%})",
                "" if positives is None else f"{positives:,}",
                ""
                if positives is None or not known
                else f"{positives / known:.2%}",
                "" if mean is None else f"{mean:.4g}",
            ]


def _flat(
    values: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, str]]:
    """Dotted keys and their values, as `--set` has them."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            text = (
                ",".join(map(str, value))
                if isinstance(value, list | tuple)
                else str(value)
            )
            yield f"{prefix}{key}", text
