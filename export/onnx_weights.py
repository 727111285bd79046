"""Large constants of an ONNX graph, kept beside it until it is written.

A protobuf message ends at 2**31 bytes, and copies what is put into it. Where a
file would be larger, its large constants are written to a second one.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import external_data_helper
from onnx import helper
from onnx import numpy_helper

from .placement import DATA_SUFFIX

MAX_BYTES = 2_000_000_000  # of one file; the rest is for nodes
LARGE_BYTES = 2**20
# ONNX Runtime maps the parts of a file into memory on every system if they
# begin at multiples of this.
_ALIGNMENT = 2**16

Arrays = dict[str, np.ndarray]


def to_tensor(
    array: np.ndarray, name: str, large: Arrays | None = None
) -> onnx.TensorProto:
    """A constant; a large one has no content, which goes to `large`.

    Args:
        array: its content.
        name: string.
        large: dict name -> array that receives content of `LARGE_BYTES` or
            more. Defaults to `None`: the constant always has its content.
    """
    if large is None or array.nbytes < LARGE_BYTES:
        return numpy_helper.from_array(array, name)
    large[name] = array
    dtype = helper.np_dtype_to_tensor_dtype(array.dtype)
    return onnx.TensorProto(name=name, data_type=dtype, dims=array.shape)


def content(tensor: onnx.TensorProto, large: Mapping[str, np.ndarray]) -> Any:
    """The array of a constant.

    Args:
        tensor: `onnx.TensorProto`.
        large: dict name -> array of those without content.
    """
    if tensor.name in large:
        return large[tensor.name]
    return numpy_helper.to_array(tensor)


def replace(tensor: onnx.TensorProto, array: np.ndarray, large: Arrays) -> None:
    """Gives a constant another content.

    Args:
        tensor: `onnx.TensorProto`, changed in place.
        array: the content.
        large: dict name -> array of those without content, changed in place.
    """
    large.pop(tensor.name, None)
    tensor.CopyFrom(to_tensor(array, tensor.name, large))


def num_bytes(proto: onnx.ModelProto, large: Mapping[str, np.ndarray]) -> int:
    """Bytes of a graph with its large constants."""
    return proto.ByteSize() + sum(array.nbytes for array in large.values())


def embed(proto: onnx.ModelProto, large: Mapping[str, np.ndarray]) -> None:
    """Gives large constants their content.

    Args:
        proto: `onnx.ModelProto`, changed in place.
        large: dict name -> array.
    """
    for tensor in proto.graph.initializer:
        if tensor.name in large:
            array = large[tensor.name]
            tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def save(
    proto: onnx.ModelProto, large: Mapping[str, np.ndarray], path: Path
) -> None:
    """Writes a graph, as two files if one would exceed `MAX_BYTES`.

    Args:
        proto: `onnx.ModelProto`, changed in place.
        large: dict name -> array of constants without content.
        path: file to write. The second one has `DATA_SUFFIX` behind its name.
    """
    if not large or num_bytes(proto, large) <= MAX_BYTES:
        embed(proto, large)
    else:
        _write_data(proto, large, path.with_name(path.name + DATA_SUFFIX))
    onnx.save(proto, str(path))


def mapped(proto: onnx.ModelProto, folder: Path) -> Arrays:
    """The constants of a graph that are in another file, mapped into memory.

    Args:
        proto: `onnx.ModelProto`, loaded without them.
        folder: where its file lies.
    """
    return {
        tensor.name: _mapped(tensor, folder)
        for tensor in proto.graph.initializer
        if external_data_helper.uses_external_data(tensor)
    }


def _mapped(tensor: onnx.TensorProto, folder: Path) -> np.ndarray:
    found = external_data_helper.ExternalDataInfo(tensor)
    dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
    shape = tuple(tensor.dims)
    path, offset = folder / found.location, found.offset
    return np.memmap(path, dtype, mode="r", offset=offset, shape=shape)


def _write_data(
    proto: onnx.ModelProto, large: Mapping[str, np.ndarray], path: Path
) -> None:
    with path.open("wb") as file:
        for tensor in proto.graph.initializer:
            if tensor.name not in large:
                continue
            array = np.ascontiguousarray(large[tensor.name])
            offset = math.ceil(file.tell() / _ALIGNMENT) * _ALIGNMENT
            file.seek(offset)
            array.tofile(file)
            tensor.data_location = onnx.TensorProto.EXTERNAL
            place = {"location": path.name, "offset": offset}
            for key, value in {**place, "length": array.nbytes}.items():
                tensor.external_data.add(key=key, value=str(value))
