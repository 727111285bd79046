"""The description of a data set as a page."""

from typing import Any

from mtnas_tf.experiment import markdown


def markdown_page(page: dict[str, Any]) -> str:
    """What `mtnas_tf.data.describe` returns, as Markdown."""
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
            markdown.table(["task", "mean", "missing"], tasks),
            *(
                [markdown.table(["tasks", "correlation"], pairs)]
                if pairs
                else []
            ),
            *([markdown.table(names, fields)] if fields else []),
        ]
    )
