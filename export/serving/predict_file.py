"""Predicts the rows of a file."""

import itertools
import os
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import local_path
from mtnas_preprocessing.raw_value import Value
from mtnas_preprocessing.tables import Columns
from mtnas_preprocessing.tables import Table
from mtnas_preprocessing.tables import open_table

from .prediction_writer import new_writer
from .predictor import Predictor


def predict_file(
    predictor: Predictor,
    input_path: str | os.PathLike[str],
    output_path: str | os.PathLike[str],
    chunk_rows: int = 65536,
    report: Callable[[int], None] | None = None,
) -> int:
    """Writes one prediction per task for every row of a table.

    A field is the column of its name; a vector field `x` of size n may be the
    columns `x_0` to `x_{n-1}` instead. An empty cell, null or absent key is a
    missing value. Other columns are ignored. The output has one column a task,
    but `<task>_0` to `<task>_{n-1}` for a multi-class task of n classes, and
    one row a row, in the same order; it appears only when it is complete.

    Args:
        predictor: `Predictor`.
        input_path: path of the table to read: a CSV, JSON lines or Parquet
            file, told apart by their names, see `open_table`.
        output_path: path of the file to write, which ends in `.csv`, `.jsonl`,
            `.ndjson`, `.parquet` or `.pq`. An existing file is replaced.
        chunk_rows: int > 0. Rows held in memory at once. Defaults to
            `65536`.
        report: called with the number of rows of every chunk that was written.
            Defaults to `None`.

    Returns:
        int: number of rows.

    Raises:
        FileNotFoundError: if there is no input.
        ImportError: if a file is Parquet and there is no pyarrow.
        ValueError: if a name says no kind of file, a column is missing, a value
            is not what its field holds (it names the row, counted from 0), or
            two columns of the output would have the same name.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> data = mt.data.from_dataframe(frame, ["click"], batch_size=16)
    >>> model = mt.models.SharedBottom(data.schema)
    >>> path = export_model(model, "out", formats=("onnx",))
    >>> frame.to_csv("rows.csv", index=False)
    >>> predict_file(Predictor(path), "rows.csv", "predictions.csv")
    100
    """
    if chunk_rows < 1:
        raise ValueError(
            f"`chunk_rows` must be positive. Received: chunk_rows={chunk_rows}"
        )
    table = open_table(input_path)
    if _are_one_file(input_path, output_path):
        raise ValueError(
            "`output_path` must be another file than `input_path`. "
            f"Received: output_path={output_path}"
        )
    columns = {f.name: _columns_of(f, table) for f in predictor.fields}
    output = local_path(output_path)
    partial = output.with_name(f".{output.name}.{os.getpid()}.partial")
    num_rows = 0
    try:
        with new_writer(output, partial, _header(predictor)) as writer:
            names = dict.fromkeys(itertools.chain(*columns.values()))
            for part in table.parts(chunk_rows, list(names)):
                rows = {f: _values(part, each) for f, each in columns.items()}
                writer.write(_predictions(predictor, rows, num_rows))
                size = len(next(iter(rows.values())))
                num_rows += size
                if report is not None:
                    report(size)
        os.replace(partial, output)
    finally:
        partial.unlink(missing_ok=True)
    return num_rows


def _are_one_file(
    first: str | os.PathLike[str], second: str | os.PathLike[str]
) -> bool:
    second = local_path(second)
    return second.exists() and second.samefile(local_path(first))


def _header(predictor: Predictor) -> list[str]:
    names = []
    for task in predictor.tasks:
        size = predictor.num_outputs[task]
        names += [task] if size == 1 else [f"{task}_{i}" for i in range(size)]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            "Columns of the output must have distinct names: rename a task. "
            f"Received: {repeated} more than once"
        )
    return names


def _columns_of(field: FieldSpec, table: Table) -> list[str]:
    """The columns of a field."""
    names = [field.name]
    parts = [f"{field.name}_{i}" for i in range(field.size)]
    if field.kind == "vector" and field.name not in table.names:
        names = parts
    missing = [name for name in names if name not in table.names]
    if missing:
        raise ValueError(
            f"{table.source} must hold field `{field.name}`; missing: "
            f"{missing}. Received: columns {table.names}"
        )
    return names


def _values(part: Columns, names: Sequence[str]) -> list[Value]:
    """A field's value in each row, a list if it has several columns."""
    if len(names) == 1:
        return part[names[0]]
    return list(map(list, zip(*(part[name] for name in names), strict=True)))


def _predictions(
    predictor: Predictor, rows: Columns, first_row: int
) -> list[np.ndarray]:
    """A column each of the output."""
    predictions = predictor.predict(rows, first_row=first_row)
    return [
        column
        for task in predictor.tasks
        for column in np.atleast_2d(predictions[task].T)
    ]
