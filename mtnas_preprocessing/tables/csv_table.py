"""A CSV file, every cell a text."""

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import TextIO

from mtnas_preprocessing.columns import Columns
from mtnas_preprocessing.tables.compression import open_text
from mtnas_preprocessing.tables.table import Table


class CsvTable(Table):
    """A CSV file: UTF-8 with a header, blank lines ignored.

    Args:
        path: path of the file, which may be compressed, see `open_table`.

    Raises:
        ValueError: if a row has not as many cells as the header, or the file
            is no CSV; it names the line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.source = str(path)
        with open_text(path) as file:
            names = next(self._cells(csv.reader(file)), [])
        super().__init__(names, str(path))

    def _parts(self, num_rows: int, names: list[str]) -> Iterator[Columns]:
        at = [self.names.index(name) for name in names]
        with open_text(self._path) as file:
            rows = self._rows(file)
            while part := list(itertools.islice(rows, num_rows)):
                columns = list(zip(*part, strict=True))
                yield {
                    name: list(columns[index])
                    for name, index in zip(names, at, strict=True)
                }

    def _rows(self, file: TextIO) -> Iterator[list[str]]:
        reader = csv.reader(file)
        rows = self._cells(reader)
        next(rows, None)
        for cells in rows:
            if not cells:
                continue
            if len(cells) != len(self.names):
                raise ValueError(
                    f"Line {reader.line_num} of {self.source} must have "
                    f"{len(self.names)} cells, as the header. "
                    f"Received: {len(cells)} cells"
                )
            yield cells

    def _cells(self, reader: Any) -> Iterator[list[str]]:
        try:
            yield from reader
        except csv.Error as error:
            raise ValueError(
                f"Line {reader.line_num} of {self.source} must be CSV. "
                f"Received: {error}"
            ) from error
