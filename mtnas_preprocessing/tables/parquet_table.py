"""A Parquet file, or a folder of them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_preprocessing.columns import Columns
from mtnas_preprocessing.raw_value import Value
from mtnas_preprocessing.tables.table import Table

# Arrow's types of floats -> those of NumPy.
_NARROW = {"halffloat": np.float16, "float": np.float32}
# The name that pandas gives an index without one.
_NAMELESS_INDEX = re.compile(r"__index_level_\d+__")


class ParquetTable(Table):
    """A Parquet file, or a folder whose files are the table's parts.

    Parts come in the order of their names. pandas' index is a column if it has
    a name, unless it is a `RangeIndex`: that only counts rows, and pandas keeps
    no values of it. Needs pyarrow.

    Args:
        path: path of the file or folder.

    Raises:
        ImportError: if there is no pyarrow.
        ValueError: if the folder holds no part, its parts have different
            columns, or are sorted into folders such as `day=1`, whose names
            would be a column; or if a file is no Parquet.
    """

    def __init__(self, path: Path) -> None:
        self._files = _files(path) if path.is_dir() else [path]
        names = self._names_of(self._files[0])
        for file in self._files[1:]:
            other = self._names_of(file)
            if sorted(other) != sorted(names):
                raise ValueError(
                    f"All parts of {path} must have the same columns. "
                    f"Received: {names} in {self._files[0].name}, {other} in "
                    f"{file.name}"
                )
        super().__init__(names, str(path))
        self.num_rows = sum(map(self._num_rows_of, self._files))

    def _parts(self, num_rows: int, names: list[str]) -> Iterator[Columns]:
        for file in self._files:
            with _opened(file) as parquet:
                for batch in parquet.iter_batches(num_rows, columns=names):
                    yield {name: _values(batch.column(name)) for name in names}

    @staticmethod
    def _names_of(file: Path) -> list[str]:
        with _opened(file) as parquet:
            names = parquet.schema_arrow.names
        return [name for name in names if not _NAMELESS_INDEX.fullmatch(name)]

    @staticmethod
    def _num_rows_of(file: Path) -> int:
        with _opened(file) as parquet:
            return int(parquet.metadata.num_rows)


def _files(folder: Path) -> list[Path]:
    """Parts of a table, without files that other tools leave there."""
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix in (".parquet", ".pq") and file.name[0] not in "._"
    )
    if not files:
        raise ValueError(
            f"A folder that is a table must hold .parquet files. "
            f"Received: path={folder}"
        )
    keyed = [file for file in files if "=" in str(file.relative_to(folder))]
    if keyed:
        raise ValueError(
            "The parts of a table must not lie in folders whose names are "
            f"values of a column. Received: {keyed[0].relative_to(folder)}"
        )
    return files


def _values(column: Any) -> list[Value]:
    """Values with floats of 16 and 32 bits as such.

    They are exact to fewer digits than Python's floats.
    """
    if str(column.type) in _NARROW:
        return list(column.to_numpy(zero_copy_only=False))
    item = getattr(column.type, "value_type", None)
    narrow = _NARROW.get(str(item))
    values: list[Value] = column.to_pylist()
    if narrow is None:
        return values
    return [
        items and [x if x is None else narrow(x) for x in items]
        for items in values
    ]


def _opened(file: Path) -> Any:
    try:
        from pyarrow import ArrowInvalid
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ImportError(
            "Reading Parquet needs pyarrow: pip install pyarrow. "
            f"Received: path={file}"
        ) from error
    try:
        return ParquetFile(file)
    except ArrowInvalid as error:
        raise ValueError(
            f"{file} must be a Parquet file. Received: {error}"
        ) from error
