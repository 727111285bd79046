"""Reads a request of REST: JSON, and binary tensors behind it."""

import struct
from typing import Any

import numpy as np
import orjson
from kserve import InferInput
from kserve import InferRequest
from kserve.errors import InvalidInput
from kserve.protocol.infer_type import RequestedOutput
from kserve.protocol.infer_type import deserialize_bytes_tensor
from kserve.utils.numpy_codec import to_np_dtype

_BINARY_SIZE = "binary_data_size"


def read_request(
    body: bytes, header_length: str | None, model_name: str
) -> InferRequest:
    """The request that a body holds.

    Args:
        body: the body.
        header_length: value of the header `Inference-Header-Content-Length`,
            the length of the JSON in front of binary tensors. None: no such
            header, and no such tensors.
        model_name: name of the model.

    Raises:
        InvalidInput: if the body is not as the protocol has it.
    """
    length = _json_length(header_length, len(body))
    try:
        head = orjson.loads(body[:length])
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"The body must be JSON: {error}") from error
    if not isinstance(head, dict):
        raise InvalidInput("The body must be a JSON object")
    parameters = _get(head, "parameters", dict, {})
    tensors = _Binary(body, length)
    request = InferRequest(
        model_name=model_name,
        infer_inputs=[_input(x, tensors) for x in _dicts(head, "inputs")],
        request_id=_get(head, "id", str, None),
        parameters=parameters,
        request_outputs=_outputs(head, parameters) or None,
    )
    tensors.check_end()
    return request


class _Binary:
    """The binary part of a body, read from its start to its end."""

    def __init__(self, body: bytes, start: int) -> None:
        self._body = body
        self._position = start

    def read(self, name: str, size: Any) -> bytes:
        end = len(self._body)
        if not _is_size(size) or self._position + size > end:
            raise InvalidInput(
                f"Input `{name}` must have a `{_BINARY_SIZE}` within the body. "
                f"Received: {size!r}, of {end - self._position} bytes left"
            )
        start, self._position = self._position, self._position + size
        return self._body[start : self._position]

    def check_end(self) -> None:
        left = len(self._body) - self._position
        if left:
            raise InvalidInput(
                "The body must end with its last binary tensor. "
                f"Received: {left} bytes more"
            )


def _json_length(header: str | None, size: int) -> int:
    if header is None:
        return size
    if not header.isdecimal() or int(header) > size:
        raise InvalidInput(
            "`Inference-Header-Content-Length` must be a length within the "
            f"body of {size} bytes. Received: {header!r}"
        )
    return int(header)


def _input(given: dict[str, Any], tensors: _Binary) -> InferInput:
    name = _get(given, "name", str)
    shape = _get(given, "shape", list)
    datatype = _get(given, "datatype", str)
    parameters = _get(given, "parameters", dict, {})
    if _BINARY_SIZE in parameters:
        raw = tensors.read(name, parameters[_BINARY_SIZE])
        data = _from_bytes(name, datatype, raw)
    else:
        data = _get(given, "data", list)
    return InferInput(name, shape, datatype, data, parameters)


def _from_bytes(name: str, datatype: str, raw: bytes) -> np.ndarray:
    dtype = to_np_dtype(datatype)
    try:
        if datatype == "BYTES":
            return deserialize_bytes_tensor(raw)
        return np.frombuffer(raw, dtype if dtype is not None else np.uint8)
    except (ValueError, struct.error) as error:
        raise InvalidInput(
            f"Input `{name}` must be binary data of {datatype}: {error}"
        ) from error


def _outputs(
    head: dict[str, Any], parameters: dict[str, Any]
) -> list[RequestedOutput]:
    """Outputs asked for, each with the parameter `binary_data`."""
    is_binary = parameters.get("binary_data_output", False)
    given = _dicts(head, "outputs") if head.get("outputs") else []
    return [
        RequestedOutput(
            _get(output, "name", str),
            {"binary_data": is_binary, **_get(output, "parameters", dict, {})},
        )
        for output in given
    ]


_NEEDED = object()


def _get(
    given: dict[str, Any], key: str, kind: type, default: Any = _NEEDED
) -> Any:
    """A value of a JSON object, checked; null counts as absent."""
    value = given.get(key)
    if value is None and default is not _NEEDED:
        return default
    if not isinstance(value, kind):
        raise InvalidInput(
            f"`{key}` must be a {kind.__name__}. Received: {key}={value!r:.80}"
        )
    return value


def _dicts(head: dict[str, Any], key: str) -> list[dict[str, Any]]:
    values = _get(head, key, list)
    if not all(isinstance(value, dict) for value in values):
        raise InvalidInput(f"`{key}` must hold JSON objects")
    return list(values)


def _is_size(value: Any) -> bool:
    return type(value) is int and value >= 0
