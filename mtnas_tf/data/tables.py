"""A user's own table -> the batches of a `MultiTaskData`."""

import dataclasses
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet

from mtnas_tf.data.multi_task_data import MultiTaskData
from mtnas_tf.data.row_split import RowSplit
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.schema import TaskSpec
from mtnas_tf.data.schema_inference import infer_schema
from mtnas_tf.data.split import SPLITS
from mtnas_tf.data.split import Split

ROWS_PER_CHUNK = 200_000


def from_dataframe(
    frame: pd.DataFrame,
    tasks: Sequence[str] = (),
    *,
    schema: DatasetSchema | None = None,
    split: RowSplit | None = None,
    exclude: Collection[str] = (),
    num_buckets: int | None = None,
    **kwargs: Any,
) -> MultiTaskData:
    """Encodes and splits a table.

    Args:
        frame: pandas DataFrame with a column for each field and task. `None`,
            NaN and pandas' own are missing values, in labels too.
        tasks: names of the columns that are labels, if there is no schema.
        schema: `DatasetSchema`. Defaults to what `infer_schema` proposes for
            the training rows.
        split: `RowSplit`. Defaults to `RowSplit()`, at random.
        exclude: columns that are no fields, if there is no schema; the column
            that splits is none if it is a time. Defaults to `()`.
        num_buckets: int > 0. Rows of the embedding table. Defaults to the
            schema's.
        **kwargs: `batch_size`, `reward_batch_size` and `seed` of
            `MultiTaskData`.

    Returns:
        `MultiTaskData`.

    Raises:
        ValueError: if a column is missing or a cell is not what its field or
            task holds; it names column and row.

    Example:
    ```python
    data = mt.data.from_dataframe(frame, ["click", "like"])
    data.schema.save("schema.json")  # edit it, and pass it as `schema`
    ```
    """
    options: dict[str, Any] = {
        "schema": schema,
        "split": split,
        "exclude": exclude,
        "num_buckets": num_buckets,
        **kwargs,
    }
    return _from_frames([frame], frame.__getitem__, tasks, **options)


def from_csv(
    path: str | Path, tasks: Sequence[str] = (), **kwargs: Any
) -> MultiTaskData:
    """Encodes and splits a CSV file, read a part at a time.

    An empty cell is a missing value; a list is written `a|b|c`. Without a
    schema it is inferred from the training rows among the first 200,000, where
    no column is taken for one of lists.

    Args:
        path: UTF-8 with a header; may be compressed.
        tasks: see `from_dataframe`.
        **kwargs: see `from_dataframe`.
    """
    schema = kwargs.get("schema")
    fields = () if schema is None else schema.fields
    options: dict[str, Any] = {
        "keep_default_na": False,  # "NA" is a text
        "na_values": [""],
        "low_memory": False,
        # With a schema a field is read as it stands: "007" is not 7.
        "dtype": dict.fromkeys((field.name for field in fields), object),
    }

    def read_column(name: str) -> pd.Series:
        return pd.read_csv(path, usecols=[name], **options)[name]

    with pd.read_csv(path, chunksize=ROWS_PER_CHUNK, **options) as frames:
        return _from_frames(frames, read_column, tasks, **kwargs)


def from_parquet(
    path: str | Path, tasks: Sequence[str] = (), **kwargs: Any
) -> MultiTaskData:
    """Encodes and splits a Parquet file, read a part at a time.

    Without a schema it is inferred from the training rows among the first
    200,000.

    Args:
        path: a Parquet file.
        tasks: see `from_dataframe`.
        **kwargs: see `from_dataframe`.
    """

    def read_column(name: str) -> pd.Series:
        return pd.read_parquet(path, columns=[name])[name]

    with pyarrow.parquet.ParquetFile(path) as file:
        frames = _numbered(file.iter_batches(ROWS_PER_CHUNK))
        return _from_frames(frames, read_column, tasks, **kwargs)


def from_file(path: str | Path, **kwargs: Any) -> MultiTaskData:
    """Encodes and splits a CSV or Parquet file, told apart by their names.

    Args:
        path: ends in `.parquet` or `.pq`, or in `.csv`, which a compression's
            suffix may follow.
        **kwargs: see `from_dataframe`.
    """
    suffixes = Path(path).suffixes
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no table {path}")
    if {".parquet", ".pq"} & set(suffixes):
        return from_parquet(path, **kwargs)
    if ".csv" in suffixes:
        return from_csv(path, **kwargs)
    raise ValueError(
        f"`path` must end in .parquet, .pq or .csv. Received: path={path}"
    )


def _numbered(batches: Iterable[Any]) -> Iterator[pd.DataFrame]:
    """Arrow's batches as frames whose index counts the file's rows."""
    first = 0
    for batch in batches:
        frame = batch.to_pandas()
        frame.index = pd.RangeIndex(first, first + len(frame))
        first += len(frame)
        yield frame


def _from_frames(
    frames: Iterable[pd.DataFrame],
    read_column: Callable[[str], pd.Series],
    tasks: Sequence[str],
    schema: DatasetSchema | None = None,
    split: RowSplit | None = None,
    exclude: Collection[str] = (),
    num_buckets: int | None = None,
    **kwargs: Any,
) -> MultiTaskData:
    split = split or RowSplit()
    times = [str(split.column)] if split.kind == "time" else []
    parts: dict[str, list[Split]] = {name: [] for name in SPLITS}
    for frame, places in split.deal(frames, read_column):
        if schema is None:
            schema = infer_schema(
                frame[places == 0],
                _checked_tasks(tasks),
                exclude={*exclude, *times},
            )
        if num_buckets is not None:
            schema = dataclasses.replace(schema, num_buckets=num_buckets)
        rows = _encode(schema, frame)
        for index, name in enumerate(SPLITS):
            parts[name].append(rows.take(np.flatnonzero(places == index)))
    if schema is None:
        raise ValueError("The table must have rows. Received: none")
    train, valid, test = map(Split.concatenate, parts.values())
    return MultiTaskData(schema, train, valid, test, **kwargs)


def _checked_tasks(tasks: Sequence[str]) -> Sequence[str]:
    if not tasks or isinstance(tasks, str):
        raise ValueError(
            "`tasks` must name the columns that are labels, or `schema` must "
            f"be given. Received: tasks={tasks!r}"
        )
    return tasks


def _encode(schema: DatasetSchema, frame: pd.DataFrame) -> Split:
    missing = [task for task in schema.task_names if task not in frame]
    if missing:
        raise ValueError(
            "The table must hold a column for every task. "
            f"Missing: {missing}. Received: {list(frame)}"
        )
    try:
        inputs = schema.preprocessor(frame)
    except ValueError as error:
        if not {field.name for field in schema.fields} <= set(frame):
            raise
        raise ValueError(
            f"Row {_first_wrong_row(schema, frame)}: {error}"
        ) from error
    labels = {
        task.name: _labels(task, frame[task.name]) for task in schema.tasks
    }
    return Split(inputs, schema.mask(labels))


def _first_wrong_row(schema: DatasetSchema, frame: pd.DataFrame) -> Any:
    """Index of the first row that cannot be encoded; there must be one."""
    while len(frame) > 1:
        half = len(frame) // 2
        try:
            schema.preprocessor(frame.iloc[:half])
            frame = frame.iloc[half:]
        except ValueError:
            frame = frame.iloc[:half]
    return frame.index[0]


def _labels(task: TaskSpec, column: pd.Series) -> np.ndarray:
    labels = pd.to_numeric(column, errors="coerce")
    wrong = labels.isna() & column.notna()
    content = "numbers"
    if task.kind == "binary":
        wrong |= labels.notna() & ~labels.isin([0, 1])
        content = "0, 1 or nothing"
    elif task.kind == "multiclass":
        wrong |= labels.notna() & ~labels.isin(range(task.num_outputs))
        content = f"whole numbers in [0, {task.num_outputs}) or nothing"
    if wrong.any():
        row = column.index[int(wrong.to_numpy().argmax())]
        raise ValueError(
            f"Row {row}: column `{task.name}` must hold {content}. "
            f"Received: {column[row]!r}"
        )
    return labels.to_numpy(np.float32, na_value=np.nan)[:, None]
