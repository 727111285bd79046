"""Writes predictions to a file, a part at a time."""

import abc
import contextlib
import csv
import json
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


class PredictionWriter(abc.ABC):
    """Writes columns of predictions under their names."""

    @abc.abstractmethod
    def write(self, columns: Sequence[np.ndarray]) -> None:
        """Adds rows.

        Args:
            columns: float32 `(rows,)` for each name.
        """


class _CsvWriter(PredictionWriter):
    """CSV with a header; numbers have the fewest digits that are exact."""

    def __init__(self, file: Any, names: Sequence[str]) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(names)

    def write(self, columns: Sequence[np.ndarray]) -> None:
        texts = [map(str, column) for column in columns]
        self._writer.writerows(zip(*texts, strict=True))


class _JsonLinesWriter(PredictionWriter):
    """JSON lines, with the same numbers as in a CSV file."""

    def __init__(self, file: Any, names: Sequence[str]) -> None:
        self._file = file
        self._names = names

    def write(self, columns: Sequence[np.ndarray]) -> None:
        numbers = [[float(str(x)) for x in column] for column in columns]
        for row in zip(*numbers, strict=True):
            line = json.dumps(dict(zip(self._names, row, strict=True)))
            self._file.write(line + "\n")


class _ParquetWriter(PredictionWriter):
    """Columns of float32."""

    def __init__(self, file: Any, schema: Any) -> None:
        self._file = file
        self._schema = schema

    def write(self, columns: Sequence[np.ndarray]) -> None:
        import pyarrow

        table = pyarrow.table(list(columns), schema=self._schema)
        self._file.write_table(table)


@contextlib.contextmanager
def new_writer(
    output: Path, path: Path, names: Sequence[str]
) -> Iterator[PredictionWriter]:
    """Opens a file by the name it will have.

    Args:
        output: the name, whose suffix says the kind.
        path: the file to write meanwhile.
        names: names of the columns.
    """
    kind = output.suffix.lower()
    if kind in (".parquet", ".pq"):
        with _parquet(path, names) as writer:
            yield writer
        return
    writers: dict[str, type[_CsvWriter | _JsonLinesWriter]] = {
        ".csv": _CsvWriter,
        ".jsonl": _JsonLinesWriter,
        ".ndjson": _JsonLinesWriter,
    }
    if kind not in writers:
        raise ValueError(
            f"`output_path` must end in one of {(*writers, '.parquet', '.pq')}."
            f" Received: output_path={output}"
        )
    with open(path, "w", encoding="utf-8", newline="") as file:
        yield writers[kind](file, names)


@contextlib.contextmanager
def _parquet(path: Path, names: Sequence[str]) -> Iterator[_ParquetWriter]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError(
            "Writing Parquet needs pyarrow: pip install pyarrow"
        ) from error
    schema = pyarrow.schema([(name, pyarrow.float32()) for name in names])
    with pyarrow.parquet.ParquetWriter(path, schema) as file:
        yield _ParquetWriter(file, schema)
