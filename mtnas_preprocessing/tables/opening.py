"""Opens a table by the name of its file."""

import os
from pathlib import Path

from mtnas_preprocessing.local_path import local_path
from mtnas_preprocessing.tables.compression import COMPRESSIONS
from mtnas_preprocessing.tables.csv_table import CsvTable
from mtnas_preprocessing.tables.json_lines_table import JsonLinesTable
from mtnas_preprocessing.tables.parquet_table import ParquetTable
from mtnas_preprocessing.tables.table import Table

# Suffix of a file -> its reader; those of texts may be compressed.
_READERS: dict[str, type[CsvTable | JsonLinesTable | ParquetTable]] = {
    ".csv": CsvTable,
    ".jsonl": JsonLinesTable,
    ".ndjson": JsonLinesTable,
    ".parquet": ParquetTable,
    ".pq": ParquetTable,
}
SUFFIXES = tuple(_READERS)


def open_table(path: str | os.PathLike[str]) -> Table:
    """Opens a table by its name.

    Args:
        path: a file that ends in `.csv`, `.jsonl` or `.ndjson`, which `.gz`,
            `.bz2` or `.xz` may follow, or in `.parquet` or `.pq`; or a folder
            of Parquet files. `~` is the home directory.

    Raises:
        FileNotFoundError: if there is nothing under the path.
        ValueError: if it is no path, its name has no known suffix, or the file
            is of another kind.

    Example:
    >>> frame = pd.DataFrame({"user": ["ann"], "age": [34]})
    >>> frame.to_csv("log.csv", index=False)
    >>> table = open_table("log.csv")
    >>> table.names, table.column("age")
    (['user', 'age'], ['34'])
    """
    if not isinstance(path, str | os.PathLike):
        raise ValueError(
            "`path` must be the path of a file; `from_dataframe` takes "
            f"DataFrames. Received: a {type(path).__name__}"
        )
    path = local_path(path)
    if path.is_dir():
        return ParquetTable(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no table {path}")
    is_compressed = path.suffix in COMPRESSIONS
    kind = Path(path.stem).suffix if is_compressed else path.suffix
    reader = _READERS.get(kind.lower())
    if reader is None or (is_compressed and reader is ParquetTable):
        raise ValueError(
            f"`path` must end in one of {SUFFIXES}, those of texts perhaps "
            f"compressed, {COMPRESSIONS}. Received: path={path}"
        )
    return reader(path)
