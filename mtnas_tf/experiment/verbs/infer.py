"""`mtnas data infer`: a schema for a table, to be edited."""

from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import SchemaProposal
from mtnas_tf.data import TaskSpec
from mtnas_tf.data import from_file
from mtnas_tf.data import propose_schema
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
    """Proposes a schema, writes it and says why it is what it is.

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
    proposal = propose_schema(table, tasks, exclude=exclude)
    schema = proposal.schema
    schema.save(output)
    data = from_file(table, schema=schema, batch_size=1)
    say(text_page(proposal, data))
    say(f"{len(schema.fields)} fields, written to {output}")
    return schema.to_dict()


def text_page(proposal: SchemaProposal, data: MultiTaskData) -> str:
    """What every column becomes and why, and what the splits hold.

    Args:
        proposal: `SchemaProposal`.
        data: the table, encoded by the schema that is proposed.
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
    names = ["split", "rows", *data.schema.task_names]
    return "\n\n".join(
        [
            aligned(COLUMNS, columns, right=("distinct", "missing")),
            aligned(names, _splits(data.schema, data), right=("rows",)),
        ]
    )


def _splits(schema: DatasetSchema, data: MultiTaskData) -> list[list[str]]:
    return [
        [
            name,
            f"{len(split):,}",
            *(_labels(t, split.labels[t.name]) for t in schema.tasks),
        ]
        for name, split in data.splits.items()
    ]


def _labels(task: TaskSpec, labels: np.ndarray) -> str:
    """What the labels of a split are: how many positives, or their spread."""
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
