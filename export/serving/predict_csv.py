"""Predicts a CSV file."""

import csv
import itertools
import os
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import TextIO

import numpy as np

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import local_path

from .predictor import Predictor


def predict_csv(
    predictor: Predictor,
    input_path: str | os.PathLike[str],
    output_path: str | os.PathLike[str],
    chunk_rows: int = 65536,
) -> int:
    """Writes one prediction per task for every row of a CSV file.

    The input is UTF-8 with a header. A field is the column of its name; a
    vector field `x` of size n is the columns `x_0` to `x_{n-1}`. An empty
    cell is a missing value. Other columns and blank lines are ignored. The
    output has one column a task, but `<task>_0` to `<task>_{n-1}` for a
    multi-class task of n classes, and one row a row, in the same order; it
    appears only when it is complete.

    Args:
        predictor: `Predictor`.
        input_path: path of the CSV file to read.
        output_path: path of the CSV file to write. An existing file is
            replaced.
        chunk_rows: int > 0. Rows held in memory at once. Defaults to
            `65536`.

    Returns:
        int: number of rows.

    Raises:
        ValueError: if the header misses a column, a row has not as many
            cells as the header, a cell is not what its field holds, or two
            columns of the output would have the same name.
    """
    if chunk_rows < 1:
        raise ValueError(
            f"`chunk_rows` must be positive. Received: chunk_rows={chunk_rows}"
        )
    output = local_path(output_path)
    partial = output.with_name(f".{output.name}.{os.getpid()}.partial")
    source_path = local_path(input_path)
    with open(source_path, encoding="utf-8-sig", newline="") as source:
        try:
            with open(partial, "w", encoding="utf-8", newline="") as sink:
                num_rows = _predict_all(predictor, source, sink, chunk_rows)
            os.replace(partial, output)
        finally:
            partial.unlink(missing_ok=True)
    return num_rows


def _predict_all(
    predictor: Predictor, source: TextIO, sink: TextIO, chunk_rows: int
) -> int:
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(_header(predictor))
    num_rows = 0
    for rows in _chunks(_rows(source, predictor.fields), chunk_rows):
        predictions = predictor.predict(rows)
        columns = [
            map(str, column)
            for task in predictor.tasks
            for column in np.atleast_2d(predictions[task].T)
        ]
        writer.writerows(zip(*columns, strict=True))
        num_rows += len(rows)
    return num_rows


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


def _rows(
    source: TextIO, fields: Sequence[FieldSpec]
) -> Iterator[dict[str, Any]]:
    reader = csv.reader(source)
    header = next(reader, [])
    positions = [_positions(header, field) for field in fields]
    for cells in reader:
        if not cells:
            continue
        if len(cells) != len(header):
            raise ValueError(
                f"Line {reader.line_num} must have {len(header)} cells, as "
                f"the header. Received: {len(cells)} cells"
            )
        yield {
            field.name: _value(field, [cells[i] for i in at], reader.line_num)
            for field, at in zip(fields, positions, strict=True)
        }


def _positions(header: list[str], field: FieldSpec) -> list[int]:
    names = [field.name]
    if field.kind == "vector":
        names = [f"{field.name}_{i}" for i in range(field.size)]
    wrong = [name for name in names if header.count(name) != 1]
    if wrong:
        raise ValueError(
            f"The header must hold each column of field `{field.name}` once; "
            f"missing or repeated: {wrong}. Received: header={header}"
        )
    return [header.index(name) for name in names]


def _value(field: FieldSpec, cells: list[str], line: int) -> Any:
    if field.kind != "vector":
        return cells[0] or None
    try:
        return [float(cell) for cell in cells]
    except ValueError as error:
        raise ValueError(
            f"Line {line}: field `{field.name}` must hold numbers. "
            f"Received: {cells}"
        ) from error


def _chunks(
    rows: Iterable[dict[str, Any]], size: int
) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(rows)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk
