"""`mtnas data describe`: statistics of a data set or a table."""

from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtnas_tf import data
from mtnas_tf.experiment import markdown


def describe(
    source: str,
    tasks: Sequence[str] = (),
    schema: Path | None = None,
    data_dir: Path | None = None,
    num_buckets: int | None = None,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Describes a prepared data set, or a table if it has tasks or a schema.

    Args:
        source: a name of the catalog, or the path of a table.
        tasks: columns of a table that are labels. Defaults to `()`.
        schema: of a table, a JSON file. Defaults to `None`.
        data_dir: where a data set's records lie. Defaults to TFDS's own.
        num_buckets: rows of a data set's embedding table. Defaults to the
            catalog's.
        say: called with lines of text. Defaults to `print`.

    Returns:
        The result of `mtnas_tf.data.describe`.
    """
    if not tasks and schema is None:
        page = data.describe(source, data_dir, num_buckets)
    else:
        of_table = data.DatasetSchema.load(schema) if schema else None
        page = data.describe_table(source, tasks, schema=of_table)
    say(markdown_page(page))
    return page


def markdown_page(page: dict[str, Any]) -> str:
    """A description of data as Markdown."""
    rows = ", ".join(f"{k} {count:,}" for k, count in page["rows"].items())
    if page["held_out"]:
        rows += f"; held out, and not read, {page['held_out']:,}"
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
            markdown.table(["task", "mean", "missing"], tasks),
            *(
                [markdown.table(["tasks", "correlation"], pairs)]
                if pairs
                else []
            ),
            *([markdown.table(names, fields)] if fields else []),
        ]
    )
