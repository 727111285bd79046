"""What a prepared data set holds: rows, labels, fields, collisions of ids."""

import dataclasses
import itertools
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data.pipeline import SPLITS
from mtnas_tf.data.pipeline import prepare
from mtnas_tf.data.pipeline import read_columns
from mtnas_tf.data.pipeline import schema_of
from mtnas_tf.data.schema import DatasetSchema

Columns = Mapping[str, np.ndarray]
Page = dict[str, Any]


def describe(
    name: str,
    data_dir: str | Path | None = None,
    num_buckets: int | None = None,
) -> Page:
    """Counts what the rows of all splits hold.

    Args:
        name: a name of `mtnas_tf.data.CATALOG`, `"name/config"` for a variant.
        data_dir: where the TFDS records lie; prepared first if they do not.
            Defaults to TFDS's own.
        num_buckets: int > 0. Rows of the embedding table. Defaults to the
            catalog's.

    Returns:
        dict: `name`; `num_buckets`; `rows`, a dict split -> count; `tasks`, a
        dict task -> `mean` (of a binary task its share of positives) and
        `missing` (share of rows); `correlations`, a list of `tasks` (two) and
        `pearson`; `fields`, a dict field -> `kind`, `values` (distinct ones),
        `missing` (share of rows) and `collisions`: the share of its values
        that another value, of any field, shares its row of the table with.
    """
    schema = schema_of(name)
    if num_buckets is not None:
        schema = dataclasses.replace(schema, num_buckets=num_buckets)
    builder = prepare(name, data_dir=data_dir)
    parts = [read_columns(builder, split, schema) for split in SPLITS]
    columns = {key: np.concatenate([p[key] for p in parts]) for key in parts[0]}
    rows = [len(part[schema.task_names[0]]) for part in parts]
    return {
        "name": name,
        "num_buckets": schema.num_buckets,
        "rows": dict(zip(SPLITS, rows, strict=True)),
        "tasks": {task: _labels(columns[task]) for task in schema.task_names},
        "correlations": _correlations(schema.task_names, columns),
        "fields": _fields(schema, columns),
    }


def markdown_page(page: Page) -> str:
    """What `describe` returns, as Markdown."""
    rows = ", ".join(f"{k} {count:,}" for k, count in page["rows"].items())
    tasks = [
        [name, f"{task['mean']:.4f}", f"{task['missing']:.4f}"]
        for name, task in page["tasks"].items()
    ]
    pairs = [
        [" & ".join(pair["tasks"]), f"{pair['pearson']:.3f}"]
        for pair in page["correlations"]
    ]
    fields = [
        [
            name,
            field["kind"],
            f"{field['values']:,}",
            f"{field['missing']:.4f}",
            f"{field['collisions']:.4f}",
        ]
        for name, field in page["fields"].items()
    ]
    names = ["field", "kind", "values", "missing", "collisions"]
    return "\n".join(
        [
            f"# {page['name']}\n",
            f"Rows: {rows}. Table: {page['num_buckets']:,} rows.\n",
            _table(["task", "mean", "missing"], tasks),
            *([_table(["tasks", "correlation"], pairs)] if pairs else []),
            *([_table(names, fields)] if fields else []),
        ]
    )


def _labels(labels: np.ndarray) -> dict[str, float]:
    is_missing = np.isnan(labels)
    known = labels[~is_missing]
    mean = float(known.mean(dtype=np.float64)) if len(known) else np.nan
    return {"mean": mean, "missing": float(is_missing.mean())}


def _correlations(
    tasks: Sequence[str], columns: Columns
) -> list[dict[str, Any]]:
    """Pearson's of every two labels, over the rows that have both."""
    labels = pd.DataFrame({t: columns[t].astype(np.float64) for t in tasks})
    pearson = labels.corr().to_numpy()
    return [
        {"tasks": [tasks[i], tasks[j]], "pearson": float(pearson[i, j])}
        for i, j in itertools.combinations(range(len(tasks)), 2)
    ]


def _fields(schema: DatasetSchema, columns: Columns) -> dict[str, Any]:
    preprocessor = schema.preprocessor
    fields = preprocessor.id_fields
    found, ids = {}, {}
    for field in fields:
        codes, values = pd.factorize(columns[field.name])
        ids[field.name] = _ids(schema, field, values)
        missing = np.array([_is_missing(field, value) for value in values])
        found[field.name] = {
            "kind": field.kind,
            "values": int(len(values) - missing.sum()),
            "missing": float(missing[codes].mean()),
        }
    every = np.concatenate([*ids.values(), np.zeros(0, np.int32)])
    uses = np.bincount(every, minlength=schema.num_buckets)
    for name, own in ids.items():
        found[name]["collisions"] = float((uses[own] > 1).mean())
    return found


def _ids(
    schema: DatasetSchema, field: FieldSpec, values: np.ndarray
) -> np.ndarray:
    alone = dataclasses.replace(schema, fields=(field,))
    return alone.preprocessor({field.name: values})["ids"][:, 0]


def _is_missing(field: FieldSpec, value: Any) -> bool:
    return field.text(value) == field.text(None)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
