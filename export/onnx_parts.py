"""An ONNX graph whose large constants are kept beside it until it is written.

A protobuf message ends at 2**31 bytes, and copies what is put into it. Where a
file would be larger, its large constants are written to a second one.
"""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import external_data_helper
from onnx import helper
from onnx import numpy_helper

from .placement import DATA_SUFFIX

MAX_BYTES = 2_000_000_000  # of one file; the rest is for nodes
LARGE_BYTES = 2**20  # of a constant that is kept beside a graph
# ONNX Runtime maps the parts of a file into memory on every system if they
# begin at multiples of this.
_ALIGNMENT = 2**16


@dataclasses.dataclass(frozen=True, eq=False)
class OnnxParts:
    """A graph, and the content of its large constants.

    Args:
        proto: `onnx.ModelProto`, whose large constants have no content.
        large: dict name -> array, the content of these. Defaults to none.
    """

    proto: onnx.ModelProto
    large: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    @property
    def num_bytes(self) -> int:
        """Bytes of the graph with all constants."""
        sizes = [array.nbytes for array in self.large.values()]
        return self.proto.ByteSize() + sum(sizes)

    def add(self, array: np.ndarray, name: str) -> None:
        """Adds a constant.

        Args:
            array: its content; not copied if it is large.
            name: string.
        """
        tensor = self._tensor(array, name)
        self.proto.graph.initializer.append(tensor)

    def content(self, tensor: onnx.TensorProto) -> Any:
        """The array of a constant of the graph."""
        if tensor.name in self.large:
            return self.large[tensor.name]
        return numpy_helper.to_array(tensor)

    def replace(self, tensor: onnx.TensorProto, array: np.ndarray) -> None:
        """Gives a constant of the graph another content."""
        self.large.pop(tensor.name, None)
        tensor.CopyFrom(self._tensor(array, tensor.name))

    def embedded(self) -> onnx.ModelProto:
        """The graph with all constants in it."""
        for tensor in self.proto.graph.initializer:
            if tensor.name in self.large:
                array = self.large.pop(tensor.name)
                tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
        return self.proto

    def save(self, path: Path) -> None:
        """Writes the graph, as two files if one would exceed `MAX_BYTES`.

        Args:
            path: file to write. The second one has `DATA_SUFFIX` behind its
                name.

        Raises:
            ValueError: if what cannot be in the second file exceeds it, too.
        """
        if self.num_bytes <= MAX_BYTES:
            onnx.save(self.embedded(), str(path))
            return
        if self.proto.ByteSize() > MAX_BYTES:
            raise ValueError(
                "A model's nodes and constants of one axis must not exceed "
                f"{MAX_BYTES:,} bytes: ONNX has them in one file. Received: "
                f"{self.proto.ByteSize():,} bytes"
            )
        with path.with_name(path.name + DATA_SUFFIX).open("wb") as file:
            self._write_large(file)
        onnx.save(self.proto, str(path))

    def _tensor(self, array: np.ndarray, name: str) -> onnx.TensorProto:
        # The standard's inference of shapes reads what has one axis, and does
        # not look into another file.
        if array.nbytes < LARGE_BYTES or array.ndim < 2:
            return numpy_helper.from_array(array, name)
        self.large[name] = array
        dtype = helper.np_dtype_to_tensor_dtype(array.dtype)
        return onnx.TensorProto(name=name, data_type=dtype, dims=array.shape)

    def _write_large(self, file: Any) -> None:
        for tensor in self.proto.graph.initializer:
            if tensor.name not in self.large:
                continue
            array = np.ascontiguousarray(self.large[tensor.name])
            offset = math.ceil(file.tell() / _ALIGNMENT) * _ALIGNMENT
            file.seek(offset)
            array.tofile(file)
            tensor.data_location = onnx.TensorProto.EXTERNAL
            place = {"location": Path(file.name).name, "offset": offset}
            for key, value in {**place, "length": array.nbytes}.items():
                tensor.external_data.add(key=key, value=str(value))


def mapped(proto: onnx.ModelProto, folder: Path) -> dict[str, np.ndarray]:
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
