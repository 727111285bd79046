"""Serves an exported model."""

import os
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_preprocessing import PADDING
from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import Preprocessor
from mtnas_preprocessing.raw_value import Value

from .onnx_export import new_session
from .onnx_export import read_export

_KINDS = {"iu": "integers", "fiu": "real numbers"}  # NumPy's dtype kinds


class Predictor:
    """Predicts every task of an exported model from raw rows.

    Needs NumPy and ONNX Runtime, neither TensorFlow nor Keras. May be used
    from several threads at once.

    Args:
        path: path of an export directory or of the `model.onnx` in it;
            `manifest.json` must lie beside the model.
        num_threads: int > 0 or None. Threads of one prediction; None leaves
            the choice to ONNX Runtime. Defaults to `None`.

    Raises:
        FileNotFoundError: if a file of the model or its manifest is missing.
        ValueError: if the export was made in another format version, a file of
            it is damaged, or the file is one of raw columns.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> data = mt.data.from_dataframe(frame, ["click"], batch_size=16)
    >>> model = mt.models.SharedBottom(data.schema)
    >>> path = export_model(model, "out", formats=("onnx",))
    >>> predictor = Predictor(path)
    >>> predictor.predict([{"user": "ann"}, {"user": None}])["click"].shape
    (2,)
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        num_threads: int | None = None,
    ) -> None:
        if num_threads is not None and num_threads < 1:
            raise ValueError(
                "`num_threads` must be positive or None. "
                f"Received: num_threads={num_threads}"
            )
        model_path, manifest = read_export(path)
        self.tasks = tuple(task["name"] for task in manifest["tasks"])
        # Task name -> columns of its prediction: 1, or one for each class.
        self.num_outputs = {
            tensor["name"]: tensor["shape"][1] for tensor in manifest["outputs"]
        }
        if manifest["preprocessing"] is None:
            names = [tensor["name"] for tensor in manifest["inputs"]]
            raise ValueError(
                "`path` must hold a model of raw rows; run one of other inputs "
                "by `onnxruntime.InferenceSession`. Received: a model of "
                f"{names}"
            )
        self._preprocessor = Preprocessor.from_dict(manifest["preprocessing"])
        self._session = new_session(model_path, num_threads)
        # Of some tasks a file may lack an input that only others read.
        self._inputs = {tensor.name for tensor in self._session.get_inputs()}
        if self._inputs - set(self.input_columns):
            raise ValueError(
                "`path` must be an export, or the file of its format 'onnx'; "
                "run one of raw columns by `onnxruntime.InferenceSession`. "
                f"Received: path={str(path)!r}, of inputs "
                f"{sorted(self._inputs)}"
            )

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """The fields that `predict` reads from a row."""
        return self._preprocessor.fields

    @property
    def input_columns(self) -> dict[str, int]:
        """Names of the model's inputs, `ids` or `values` or both -> columns."""
        columns = {
            "ids": self._preprocessor.num_ids,
            "values": self._preprocessor.num_values,
        }
        return {name: size for name, size in columns.items() if size}

    def predict(
        self,
        rows: Mapping[str, Any] | Sequence[Mapping[str, Value]] | Any,
        batch_size: int = 4096,
        first_row: int = 0,
    ) -> dict[str, np.ndarray]:
        """Predicts from raw rows.

        Args:
            rows: list of dicts, one a row; or dict of columns; or pandas
                DataFrame. None and NaN are missing values.
            batch_size: int > 0. Rows of one run of the model. Defaults to
                `4096`.
            first_row: int. The number that errors give the first row. Defaults
                to `0`.

        Returns:
            dict: task name -> float32 `(rows,)`; of a multi-class task the
            probabilities `(rows, classes)`.

        Raises:
            ValueError: if a field is missing or holds an invalid value; it
                names the row.
        """
        return self.predict_inputs(self.encode(rows, first_row), batch_size)

    def encode(self, rows: Any, first_row: int = 0) -> dict[str, np.ndarray]:
        """The inputs of the model for raw rows.

        Args:
            rows: as in `predict`.
            first_row: as in `predict`. Defaults to `0`.

        Returns:
            dict: `ids`, int32 `(rows, num_ids)`, and `values`, float32
            `(rows, num_values)`; a key is absent when no field feeds it.

        Raises:
            ValueError: as `predict` does.
        """
        return self._preprocessor(rows, first_row)

    def predict_inputs(
        self, inputs: Mapping[str, np.ndarray], batch_size: int = 4096
    ) -> dict[str, np.ndarray]:
        """Predicts from inputs that were made or checked before.

        Args:
            inputs: what `encode` or `check_inputs` returned, or several of
                these put together.
            batch_size: int > 0. Rows of one run of the model. Defaults to
                `4096`.

        Returns:
            dict: as `predict` returns it.
        """
        if batch_size < 1:
            raise ValueError(
                "`batch_size` must be positive. "
                f"Received: batch_size={batch_size}"
            )
        batches = [
            self._run({k: x[i : i + batch_size] for k, x in inputs.items()})
            for i in range(0, _num_rows(inputs), batch_size)
        ]
        empty = {
            task: self._shaped(task, np.empty((0, size), np.float32))
            for task, size in self.num_outputs.items()
        }
        return {
            task: np.concatenate([p[task] for p in (empty, *batches)])
            for task in self.tasks
        }

    def predict_ids(
        self,
        ids: np.ndarray | None = None,
        values: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """Predicts from rows that are encoded already, in one run.

        Args:
            ids: integers `(rows, num_ids)` in `[0, num_buckets)`, -1 behind
                the values of a list; None if the model has no such field.
                Defaults to `None`.
            values: finite floats `(rows, num_values)`; None if the model has
                no such field. Defaults to `None`.

        Returns:
            dict: as `predict` returns it.

        Raises:
            ValueError: if an array is not as described.
        """
        return self._run(self.check_inputs(ids, values))

    def check_inputs(
        self,
        ids: np.ndarray | None = None,
        values: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """The inputs of the model for rows that are encoded already.

        Args:
            ids: as in `predict_ids`. Defaults to `None`.
            values: as in `predict_ids`. Defaults to `None`.

        Returns:
            dict: the arrays that are not None by their names.

        Raises:
            ValueError: if an array is not as described there.
        """
        num_ids = self._preprocessor.num_ids
        arrays = {
            **_check_array("ids", ids, num_ids, "iu"),
            **_check_array(
                "values", values, self._preprocessor.num_values, "fiu"
            ),
        }
        _num_rows(arrays)
        self._check_range(arrays)
        return arrays

    def _check_range(self, arrays: dict[str, np.ndarray]) -> None:
        num_buckets = self._preprocessor.num_buckets
        may_pad = self._preprocessor.may_pad
        ids = arrays.get("ids", np.empty((0, len(may_pad)), np.int64))
        least = np.where(may_pad, PADDING, 0)
        invalid = ids[(ids < least) | (ids >= num_buckets)]
        if invalid.size:
            raise ValueError(
                f"`ids` must lie in [0, {num_buckets}). "
                f"Received: {invalid.size} outside, the first is {invalid[0]}"
            )
        values = arrays.get("values", np.empty(0, np.float32))
        # NaN compares false.
        if not (np.abs(values) <= np.finfo(np.float32).max).all():
            raise ValueError(
                "`values` must be finite float32. Received: NaN or infinity"
            )

    def _run(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        dtypes = {"ids": np.int64, "values": np.float32}
        feed = {
            name: x.astype(dtypes[name], copy=False)
            for name, x in arrays.items()
            if name in self._inputs
        }
        outputs = self._session.run(list(self.tasks), feed)
        return {
            task: self._shaped(task, output)
            for task, output in zip(self.tasks, outputs, strict=True)
        }

    def _shaped(self, task: str, output: np.ndarray) -> np.ndarray:
        return output[:, 0] if self.num_outputs[task] == 1 else output


def _check_array(
    name: str, array: Any, num_columns: int, kinds: str
) -> dict[str, np.ndarray]:
    """A dict of the array by its name, empty if the model has no such input."""
    if num_columns == 0:
        if array is not None:
            raise ValueError(
                f"`{name}` must be None, the model has no such field. "
                f"Received: shape={np.shape(array)}"
            )
        return {}
    if array is None:
        raise ValueError(f"`{name}` must be given. Received: {name}=None")
    array = np.asarray(array)
    if array.ndim != 2 or array.shape[1] != num_columns:
        raise ValueError(
            f"`{name}` must have shape (rows, {num_columns}). "
            f"Received: shape={array.shape}"
        )
    if array.dtype.kind not in kinds:
        raise ValueError(
            f"`{name}` must hold {_KINDS[kinds]}. Received: dtype={array.dtype}"
        )
    return {name: array}


def _num_rows(arrays: Mapping[str, np.ndarray]) -> int:
    sizes = {name: len(array) for name, array in arrays.items()}
    if len(set(sizes.values())) != 1:
        raise ValueError(
            "All fields must have the same number of rows. "
            f"Received: rows={sizes}"
        )
    return next(iter(sizes.values()))
