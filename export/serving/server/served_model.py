"""A version of a model, as kserve's server has models."""

import dataclasses
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from kserve import InferOutput
from kserve import InferRequest
from kserve import InferResponse
from kserve import Model
from kserve.errors import InvalidInput

from ..predictor import Predictor
from .metrics import BATCH_ROWS
from .micro_batcher import MicroBatcher
from .model_folder import check_files
from .options import ServerOptions
from .tensors import Columns
from .tensors import encoded_arrays
from .tensors import field_metadata
from .tensors import raw_columns

Arrays = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class _Rows:
    """Rows of a request: raw columns, or rows that are encoded already."""

    columns: Columns
    is_encoded: bool
    count: int


class ServedModel(Model):
    """Predicts requests of the Open Inference Protocol, several at once.

    Args:
        name: name of the model.
        version: int. Its version.
        path: the export.
        options: `ServerOptions`.

    Raises:
        FileNotFoundError, ValueError: if the export is damaged, or its
            predictions are not finite.
    """

    def __init__(
        self, name: str, version: int, path: Path, options: ServerOptions
    ) -> None:
        super().__init__(name)
        self.version = version
        check_files(path)
        self._predictor = Predictor(path, num_threads=options.threads)
        self._batch_size = options.max_batch_size
        self._batcher: MicroBatcher[_Rows, Arrays] = MicroBatcher(
            self._predict, options.max_batch_size, options.max_latency_ms
        )
        self._try()
        self.ready = True

    def get_input_types(self) -> list[dict[str, Any]]:
        return [field_metadata(field) for field in self._predictor.fields]

    def get_output_types(self) -> list[dict[str, Any]]:
        return [
            {"name": task, "datatype": "FP32", "shape": [-1, size]}
            for task, size in self._predictor.num_outputs.items()
        ]

    async def preprocess(
        self, payload: Any, headers: dict[str, str] | None = None
    ) -> tuple[InferRequest, _Rows]:
        if not isinstance(payload, InferRequest):
            raise InvalidInput("The request must be one of protocol V2")
        self._check_outputs(payload)
        names = {tensor.name for tensor in payload.inputs}
        fields = self._predictor.fields
        known = self._predictor.input_columns
        # A field may have the name of one of the model's own inputs.
        is_raw = names - set(known) or names & {field.name for field in fields}
        if is_raw or not names:
            columns, count = raw_columns(payload.inputs, fields)
        else:
            columns, count = encoded_arrays(payload.inputs, known)
        return payload, _Rows(columns, not is_raw, count)

    async def predict(
        self,
        payload: tuple[InferRequest, _Rows],
        headers: dict[str, str] | None = None,
        response_headers: dict[str, str] | None = None,
    ) -> tuple[InferRequest, Arrays]:
        request, rows = payload
        try:
            return request, await self._batcher.submit(rows, rows.count)
        except ValueError as error:
            raise InvalidInput(str(error)) from error

    async def postprocess(
        self,
        result: tuple[InferRequest, Arrays],
        headers: dict[str, str] | None = None,
        response_headers: dict[str, str] | None = None,
    ) -> InferResponse:
        request, predictions = result
        outputs = [
            _output(task, predictions[task], request)
            for task in self._wanted(request)
        ]
        return InferResponse(
            response_id=request.id or str(uuid.uuid4()),
            model_name=self.name,
            model_version=str(self.version),
            infer_outputs=outputs,
            use_binary_outputs=request.use_binary_outputs,
            requested_outputs=request.request_outputs,
        )

    def _wanted(self, request: InferRequest) -> list[str]:
        outputs = request.request_outputs or []
        return [output.name for output in outputs] or list(
            self._predictor.num_outputs
        )

    def _check_outputs(self, request: InferRequest) -> None:
        known = list(self._predictor.num_outputs)
        wanted = self._wanted(request)
        if set(wanted) - set(known) or len(set(wanted)) != len(wanted):
            raise InvalidInput(
                f"`outputs` must name tasks, each once, of {known}. "
                f"Received: {wanted}"
            )

    def _predict(self, items: Sequence[_Rows]) -> list[Arrays | Exception]:
        """What each item gets, or the error of its rows; in a thread."""
        inputs = [self._inputs(item) for item in items]
        good = [x for x in inputs if not isinstance(x, Exception)]
        if not good:
            return list(inputs)
        together = {
            name: np.concatenate([x[name] for x in good]) for name in good[0]
        }
        sizes = [len(next(iter(x.values()))) for x in good]
        answers = iter(self._run(together, sizes))
        return [
            x if isinstance(x, Exception) else next(answers) for x in inputs
        ]

    def _inputs(self, rows: _Rows) -> Arrays | Exception:
        try:
            if rows.is_encoded:
                return self._predictor.check_inputs(**rows.columns)
            return self._predictor.encode(rows.columns)
        except ValueError as error:
            return error

    def _run(self, inputs: Arrays, sizes: Sequence[int]) -> list[Arrays]:
        BATCH_ROWS.labels(self.name).observe(sum(sizes))
        predictions = self._predictor.predict_inputs(inputs, self._batch_size)
        ends = np.cumsum(sizes)
        return [
            {
                task: predictions[task][end - size : end].reshape(size, width)
                for task, width in self._predictor.num_outputs.items()
            }
            for size, end in zip(sizes, ends, strict=True)
        ]

    def _try(self) -> None:
        """Predicts a row: a file that loads may still not run."""
        dtypes = {"ids": np.int64, "values": np.float32}
        row = {
            name: np.zeros((1, size), dtypes[name])
            for name, size in self._predictor.input_columns.items()
        }
        predictions = self._predictor.predict_ids(**row)
        if not all(np.isfinite(y).all() for y in predictions.values()):
            raise ValueError(
                "`artefact` must hold a model of finite predictions. Received: "
                f"{predictions}"
            )


def _output(
    task: str, values: np.ndarray, request: InferRequest
) -> InferOutput:
    """A tensor of the answer, in the form of the request's tensors."""
    output = InferOutput(task, list(values.shape), "FP32", values)
    if request.from_grpc and request.use_binary_outputs:
        output.set_data_from_numpy(values, binary_data=True)
    elif request.from_grpc:
        output.data = values.ravel().tolist()
    return output
