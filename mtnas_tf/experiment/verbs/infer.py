"""`mtnas data infer`: a schema for a table, to be edited."""

from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_preprocessing.tables import open_table
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import RowSplit
from mtnas_tf.data import SchemaProposal
from mtnas_tf.data import TaskSpec
from mtnas_tf.data.dealt_rows import DealtRows
from mtnas_tf.data.split import SPLITS
from mtnas_tf.data.table_labels import labelled_blocks
from mtnas_tf.data.tables import propose_for_rows
from mtnas_tf.experiment.aligned import aligned
from mtnas_tf.tasks import TASK_KINDS

EXAMPLE_CHARACTERS = 20
COLUMNS = ["column", "kind", "distinct", "missing", "example", "why", "warning"]


def infer(
    table: Path,
    tasks: Sequence[str],
    output: Path,
    exclude: Sequence[str] = (),
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Proposes a schema, writes it and prints the reasons.

    Args:
        table: a CSV, Parquet or JSON lines file.
        tasks: columns that are labels.
        output: the JSON file to write. Must not exist.
        exclude: columns that are no fields. Defaults to `()`.
        say: called with lines of text. Defaults to `print`.

    Returns:
        The schema as a dict.
    """
    if output.exists():
        raise FileExistsError(f"`--output` must not exist. Received: {output}")
    rows = DealtRows(open_table(table), RowSplit())
    proposal = propose_for_rows(rows, tasks, exclude)
    schema = proposal.schema
    say(text_page(proposal, rows))
    schema.save(output)
    say(f"{len(schema.fields)} fields, written to {output}")
    return schema.to_dict()


def text_page(proposal: SchemaProposal, rows: DealtRows) -> str:
    """A page of the proposed fields, their reasons and the splits' labels.

    Args:
        proposal: `SchemaProposal`.
        rows: that it was made for.
    """
    columns = [
        [
            column.name,
            column.kind,
            f"{column.distinct:,}",
            f"{column.missing:.1%}",
            _shortened(column.example),
            column.why,
            column.warning,
        ]
        for column in proposal.columns
    ]
    names = ["split", "rows", *proposal.schema.task_names]
    return "\n\n".join(
        [
            aligned(COLUMNS, columns, right=("distinct", "missing")),
            aligned(names, _splits(proposal.schema, rows), right=("rows",)),
        ]
    )


def _splits(schema: DatasetSchema, rows: DealtRows) -> list[list[str]]:
    parts: dict[str, list[dict[str, Any]]] = {name: [] for name in SPLITS}
    for split, block in labelled_blocks(rows, schema):
        parts[split].append({name: block[name] for name in schema.task_names})
    lines = []
    for split, blocks in parts.items():
        labels = {
            task: np.concatenate([block[task.name] for block in blocks])
            for task in schema.tasks
        }
        count = len(next(iter(labels.values())))
        texts = [_labels(task, values) for task, values in labels.items()]
        lines.append([split, f"{count:,}", *texts])
    return lines


def _labels(task: TaskSpec, labels: np.ndarray) -> str:
    """Statistics of a split's labels: positives, or mean and deviation."""
    known = labels[~np.isnan(labels)].astype(np.float64)
    if not known.size:
        return "no labels"
    if TASK_KINDS[task.kind].has_positives:
        share = known.mean()
        return f"{int(known.sum()):,} positives of {known.size:,} ({share:.2%})"
    return f"{known.size:,} labels, {known.mean():.4g} +- {known.std():.4g}"


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= EXAMPLE_CHARACTERS:
        return text
    return f"{text[: EXAMPLE_CHARACTERS - 3]}..."
