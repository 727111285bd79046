"""`mtnas prepare`: raw files of a data set to TFDS records."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtnas_tf import data


def prepare(
    name: str,
    raw_dir: str | Path | None = None,
    data_dir: str | Path | None = None,
    beam: str | None = None,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Prepares a data set of the catalog.

    Args:
        name: see `mtnas_tf.data.prepare`.
        raw_dir: see `mtnas_tf.data.prepare`. Defaults to `None`.
        data_dir: see `mtnas_tf.data.prepare`. Defaults to `None`.
        beam: see `mtnas_tf.data.prepare`. Defaults to `None`.
        say: called with lines of text. Defaults to `print`.

    Returns:
        `{"data_dir": path, "records": {split: count}}`: of one row each, or of
        a thousand.
    """
    builder = data.prepare(name, raw_dir, data_dir, beam)
    records = {name: s.num_examples for name, s in builder.info.splits.items()}
    say(f"{builder.info.full_name} in {builder.data_dir}: records {records}")
    return {"data_dir": str(builder.data_dir), "records": records}
