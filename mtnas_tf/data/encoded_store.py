"""Encoded rows on disk."""

import json
import os
import shutil
import urllib.parse
import uuid
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mtnas_preprocessing import local_path
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.split import SPLITS
from mtnas_tf.data.split import Split

FORMAT_VERSION = 1
SCHEMA_FILE = "schema.json"


class EncodedStore:
    """The encoded rows of three splits in a directory, opened as memory maps.

    The directory holds `schema.json` (the format's version, the schema, the
    rows of each split) and a folder a split, with `ids.npy`, int32
    `(rows, fields)`, and/or `values.npy`, float32 `(rows, floats)`, and
    `label_<task>.npy`, float32 `(rows, 1)`, for every task.

    Args:
        path: the directory.

    Attributes:
        schema: `DatasetSchema`.
        splits: dict `"train"`, `"valid"`, `"test"` -> `Split`.

    Raises:
        FileNotFoundError: if there is no store.
        ValueError: if it is damaged, or of another version of the format.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> data = mt.data.from_dataframe(frame, ["click"], batch_size=16)
    >>> store = EncodedStore.write("store", data.schema, data.splits.items())
    >>> store.schema == data.schema, len(store.splits["train"])
    (True, 73)
    """

    def __init__(self, path: str | Path) -> None:
        self.path = local_path(path)
        self.schema, num_rows = self._read_schema()
        self.splits = {
            name: self._read_split(name, num_rows[name]) for name in SPLITS
        }

    @classmethod
    def write(
        cls,
        path: str | Path,
        schema: DatasetSchema,
        chunks: Iterable[tuple[str, Split]],
    ) -> "EncodedStore":
        """Writes a store, a chunk of rows at a time.

        It is written beside `path` and renamed when it is whole. If this raises
        nothing stays; a process that is killed leaves a directory
        `<path>.partial-...`, which is no store and may be deleted. If another
        process has made the store meanwhile, that one is kept.

        Args:
            path: the directory to make. Must not exist.
            schema: `DatasetSchema`.
            chunks: pairs of a split's name and its next rows. Every split must
                have some.

        Returns:
            The store, opened.
        """
        path = local_path(path)
        if path.exists():
            raise FileExistsError(
                f"`path` must not exist. Received: path={path}"
            )
        partial = path.with_name(f"{path.name}.partial-{uuid.uuid4().hex[:8]}")
        partial.mkdir(parents=True)
        try:
            _write_files(partial, schema, chunks)
            _rename(partial, path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return cls(path)

    def _read_schema(self) -> tuple[DatasetSchema, dict[str, int]]:
        file = self.path / SCHEMA_FILE
        if not file.is_file():
            raise FileNotFoundError(
                f"`path` must be a store of encoded rows, with {SCHEMA_FILE}. "
                f"Received: path={self.path}"
            )
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            version = content["format"]
            if version == FORMAT_VERSION:
                schema = DatasetSchema.from_dict(content["schema"])
                return schema, {name: content["rows"][name] for name in SPLITS}
        except (KeyError, TypeError, ValueError) as error:
            raise self._damage(file, repr(error)) from error
        raise ValueError(
            f"{file} must be of format {FORMAT_VERSION}. Received: {version}"
        )

    def _read_split(self, name: str, num_rows: int) -> Split:
        def read(file: str, width: int) -> np.ndarray:
            return self._read_array(self.path / name / file, (num_rows, width))

        widths = self.schema.input_widths
        return Split(
            {
                key: read(_input_file(key), width)
                for key, width in widths.items()
            },
            {
                task: read(_label_file(task), 1)
                for task in self.schema.task_names
            },
        )

    def _read_array(self, file: Path, shape: tuple[int, int]) -> np.ndarray:
        try:
            array = np.load(file, mmap_mode="r")
        except (OSError, EOFError, ValueError) as error:
            raise self._damage(file, str(error)) from error
        found = f"{array.dtype} {array.shape}"
        expected = f"{_dtype(file)} {shape}"
        if found != expected:
            raise self._damage(file, f"{found} in place of {expected}")
        return array

    def _damage(self, file: Path, what: str) -> ValueError:
        return ValueError(
            f"{file} is damaged ({what}). Delete the store {self.path} and "
            "write it again"
        )


def _input_file(name: str) -> str:
    return f"{name}.npy"


def _label_file(task: str) -> str:
    return f"label_{urllib.parse.quote(task, safe='')}.npy"


def _dtype(file: Path) -> np.dtype:
    return np.dtype(np.int32 if file.name == "ids.npy" else np.float32)


def _rename(partial: Path, path: Path) -> None:
    try:
        partial.rename(path)
    except OSError:
        if not path.exists():
            raise
        # Another process has made it meanwhile.


def _write_files(
    path: Path, schema: DatasetSchema, chunks: Iterable[tuple[str, Split]]
) -> None:
    writers = {name: _SplitWriter(path / name, schema) for name in SPLITS}
    try:
        for name, chunk in chunks:
            chunk.check(schema)
            writers[name].append(chunk)
    finally:
        for writer in writers.values():
            writer.close()
    num_rows = {name: writer.num_rows for name, writer in writers.items()}
    if not all(num_rows.values()):
        raise ValueError(
            f"`chunks` must have rows of every split. Received: {num_rows}"
        )
    content = {
        "format": FORMAT_VERSION,
        "rows": num_rows,
        "schema": schema.to_dict(),
    }
    text = json.dumps(content, indent=1)
    (path / SCHEMA_FILE).write_text(text, encoding="utf-8")


class _SplitWriter:
    """The files of one split, open for rows to be appended."""

    def __init__(self, path: Path, schema: DatasetSchema) -> None:
        path.mkdir()
        self.num_rows = 0
        widths = {
            **{
                _input_file(k): width
                for k, width in schema.input_widths.items()
            },
            **{_label_file(task): 1 for task in schema.task_names},
        }
        self._arrays = {
            file: _GrowingArray(path / file, width)
            for file, width in widths.items()
        }

    def append(self, chunk: Split) -> None:
        for name, rows in chunk.inputs.items():
            self._arrays[_input_file(name)].append(rows)
        for task, rows in chunk.labels.items():
            self._arrays[_label_file(task)].append(rows)
        self.num_rows += len(chunk)

    def close(self) -> None:
        for array in self._arrays.values():
            array.close(self.num_rows)


class _GrowingArray:
    """A `.npy` file whose number of rows is known when it is closed.

    The header leaves room for any number, see `numpy.lib.format`.
    """

    def __init__(self, path: Path, width: int) -> None:
        self._width = width
        self._dtype = _dtype(path)
        self._file = path.open("wb")
        self._write_header(0)

    def append(self, rows: np.ndarray) -> None:
        self._file.write(np.ascontiguousarray(rows, self._dtype).data)

    def close(self, num_rows: int) -> None:
        self._file.seek(0)
        self._write_header(num_rows)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def _write_header(self, num_rows: int) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (num_rows, self._width),
        }
        np.lib.format.write_array_header_1_0(self._file, header)
