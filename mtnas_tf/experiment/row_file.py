"""A file of result rows, written one by one."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtnas_tf.experiment.strict_json import strict_json

Row = dict[str, Any]
# Of a comparison, or a sweep of them, by numbers of seeds and splits.
ROWS = "rows_{}x{}.jsonl"
ANY_ROWS = ROWS.format("*", "*")


class RowFile:
    """A file with a line of JSON for each row, which survives a killed run.

    Args:
        path: file to append to.

    Attributes:
        known: the rows that are in the file already; a last line that was not
            written whole is dropped.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: list[Row] = []
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            whole = [line for line in lines if line.endswith("\n")]
            self.known = [json.loads(line) for line in whole]
            path.write_text("".join(whole), encoding="utf-8")

    def append(self, row: Row) -> None:
        """Adds a row."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(strict_json(row, indent=None) + "\n")


@contextlib.contextmanager
def rows_kept(path: Path) -> Iterator[RowFile]:
    """A `RowFile` that is removed when the block succeeds."""
    yield RowFile(path)
    for unfinished in path.parent.glob("*.jsonl"):
        unfinished.unlink()
