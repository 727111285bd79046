"""Tensors of the protocol <-> columns of raw values, or encoded rows."""

import math
import struct
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import numpy as np
from kserve import InferInput
from kserve.errors import InvalidInput
from kserve.utils.numpy_codec import to_np_dtype

from mtnas_preprocessing import FieldSpec

Columns = dict[str, Any]
_BITS = (8, 16, 32, 64)
_INTEGERS = {f"{sign}INT{bits}" for sign in ("", "U") for bits in _BITS}
_FLOATS = {"FP16", "FP32", "FP64"}
# Kind of a field -> the datatype that the metadata tell, and all accepted.
_TOLD = {
    "string": "BYTES",
    "integer": "INT64",
    "float": "FP64",
    "vector": "FP32",
}
_ACCEPTED = {
    "string": {"BYTES", *_INTEGERS},
    "integer": {"BYTES", *_INTEGERS, *_FLOATS},
    "float": {"BYTES", *_INTEGERS, *_FLOATS},
    "vector": {*_INTEGERS, *_FLOATS},
}
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(_INTEGERS, (int,)),
    **dict.fromkeys(_FLOATS, (int, float, type(None))),
    "BYTES": (str, bytes, type(None)),
}


def field_metadata(field: FieldSpec) -> dict[str, Any]:
    """Name, datatype and shape of the tensor of a field."""
    is_list = field.max_length is not None
    return {
        "name": field.name,
        "datatype": "BYTES" if is_list else _TOLD[field.kind],
        "shape": [-1, field.size],
    }


def raw_columns(
    inputs: Sequence[InferInput], fields: Sequence[FieldSpec]
) -> tuple[Columns, int]:
    """The columns of raw values that tensors hold, and their rows.

    Args:
        inputs: tensors, one a field: `(rows,)` or `(rows, 1)`, of a vector
            `(rows, size)`, of a list also `(rows, items)`.
        fields: `FieldSpec`s of the model.

    Raises:
        InvalidInput: if a tensor is missing, unknown or malformed.
    """
    tensors = _by_name(inputs, [field.name for field in fields])
    columns = {
        field.name: _column(field, tensors[field.name]) for field in fields
    }
    return columns, _common_rows(columns)


def encoded_arrays(
    inputs: Sequence[InferInput], input_columns: dict[str, int]
) -> tuple[dict[str, np.ndarray], int]:
    """Encoded rows that tensors hold, and how many these are.

    Args:
        inputs: tensors `ids` or `values` or both.
        input_columns: name of each -> its columns.

    Raises:
        InvalidInput: if a tensor is missing, unknown or malformed.
    """
    tensors = _by_name(inputs, list(input_columns))
    arrays = {}
    for name, tensor in tensors.items():
        accepted = _INTEGERS if name == "ids" else _INTEGERS | _FLOATS
        arrays[name] = _array(tensor, accepted)
    return arrays, _common_rows(arrays)


def _by_name(
    inputs: Sequence[InferInput], names: Sequence[str]
) -> dict[str, InferInput]:
    """Tensors by name, which must be those given."""
    received = [tensor.name for tensor in inputs]
    missing = [name for name in names if name not in received]
    unknown = [name for name in received if name not in names]
    if missing or unknown or len(received) != len(set(received)):
        raise InvalidInput(
            f"`inputs` must hold each of {list(names)} once. Missing: "
            f"{missing}, unknown: {unknown}. Received: {received}"
        )
    return {tensor.name: tensor for tensor in inputs}


def _column(field: FieldSpec, tensor: InferInput) -> Any:
    """A list or an array of as many values as there are rows."""
    array = _array(tensor, _ACCEPTED[field.kind])
    shape = array.shape
    is_list = field.max_length is not None and len(shape) == 2 and shape[1] != 1
    if is_list:
        return array.tolist()
    is_vector = field.kind == "vector"
    if shape[1:] != (field.size,) and (is_vector or shape[1:] != ()):
        wanted = f"(rows, {field.size})" + (", or (rows,)" * (not is_vector))
        raise InvalidInput(
            f"Input `{field.name}` must have shape {wanted}. "
            f"Received: shape={list(shape)}"
        )
    return array if is_vector else array.ravel()


def _array(tensor: InferInput, accepted: set[str]) -> np.ndarray:
    """A tensor's data, checked against its shape and datatype."""
    if tensor.datatype not in accepted:
        raise InvalidInput(
            f"Input `{tensor.name}` must have one of the datatypes "
            f"{sorted(accepted)}. Received: datatype={tensor.datatype!r}"
        )
    shape = tensor.shape
    if not 1 <= len(shape) <= 2 or not all(
        type(size) is int and size >= 0 for size in shape
    ):
        raise InvalidInput(
            f"Input `{tensor.name}` must have a shape of one or two sizes. "
            f"Received: shape={shape!r}"
        )
    try:
        if isinstance(tensor.data, list) and tensor.data:
            return _from_list(tensor)
        return np.asarray(tensor.as_numpy())
    except (ValueError, OverflowError, struct.error) as error:
        raise InvalidInput(
            f"Input `{tensor.name}` must hold {math.prod(shape)} values of "
            f"{tensor.datatype}, in the order of rows: {error}"
        ) from error


def _from_list(tensor: InferInput) -> np.ndarray:
    """Data of JSON, nested or flat, or of a message with typed contents."""
    values = list(_flattened(tensor.data))
    types = _JSON_TYPES[tensor.datatype]
    odd = [value for value in values if type(value) not in types]
    if odd:
        raise ValueError(f"{odd[0]!r:.80} is none")
    with np.errstate(over="ignore"):  # infinity is refused as a value
        array = np.array(values, to_np_dtype(tensor.datatype))
    return array.reshape(tensor.shape)


def _flattened(data: list[Any]) -> Iterator[Any]:
    for value in data:
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _common_rows(columns: Columns) -> int:
    sizes = {name: len(column) for name, column in columns.items()}
    if len(set(sizes.values())) != 1:
        raise InvalidInput(
            f"All inputs must have the same number of rows. Received: {sizes}"
        )
    return next(iter(sizes.values()))
