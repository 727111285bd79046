"""A file with a JSON object a line."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

from mtnas_preprocessing.columns import Columns
from mtnas_preprocessing.raw_value import Value
from mtnas_preprocessing.tables.compression import open_text
from mtnas_preprocessing.tables.table import Table


class JsonLinesTable(Table):
    """A file of JSON lines, an object a row; an absent key is missing.

    Args:
        path: path of the file, which may be compressed, see `open_table`.

    Raises:
        ValueError: if a line is no JSON object; it names the line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.source = str(path)
        names: dict[str, None] = {}
        for row in self._rows():
            names.update(dict.fromkeys(row))
        super().__init__(list(names), str(path))

    def _parts(self, num_rows: int, names: list[str]) -> Iterator[Columns]:
        rows = self._rows()
        while part := list(itertools.islice(rows, num_rows)):
            yield {name: [row.get(name) for row in part] for name in names}

    def _rows(self) -> Iterator[dict[str, Value]]:
        with open_text(self._path) as file:
            for index, line in enumerate(file):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise self._wrong(index, str(error)) from error
                if not isinstance(row, dict):
                    raise self._wrong(index, repr(row))
                yield row

    def _wrong(self, index: int, received: str) -> ValueError:
        return ValueError(
            f"Line {index + 1} of {self.source} must be a JSON object. "
            f"Received: {received}"
        )
