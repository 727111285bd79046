"""How large an ONNX file would be with the rows that `seen_ids` left out."""

import math
from pathlib import Path

import numpy as np
import onnx
from onnx import helper

from .kept_rows import POSITIONS
from .placement import DATA_SUFFIX


def bytes_of_file(path: Path) -> int:
    """Bytes of an ONNX file and of the second one that it may have.

    Args:
        path: the ONNX file.
    """
    outside = path.with_name(path.name + DATA_SUFFIX)
    files = [path, outside] if outside.exists() else [path]
    return sum(file.stat().st_size for file in files)


def whole_bytes(path: Path) -> int:
    """Bytes of an ONNX file if it had the rows that `seen_ids` left out.

    They are what is there, with all rows of its tables and without the map of
    ids; some hundred bytes of nodes are not counted.

    Args:
        path: the ONNX file.
    """
    graph = onnx.load(str(path), load_external_data=False).graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    size = bytes_of_file(path)
    if POSITIONS not in constants:
        return size
    (num_rows,) = constants[POSITIONS].dims
    lookups = [node for node in graph.node if node.op_type == "Gather"]
    mapped = {x.output[0] for x in lookups if x.input[0] == POSITIONS}
    tables = {x.input[0] for x in lookups if x.input[1] in mapped}
    for name in tables:
        kept, *shape = constants[name].dims
        row = math.prod(shape) * _item_bytes(constants[name])
        size += (num_rows - kept) * row
    return size - num_rows * _item_bytes(constants[POSITIONS])


def _item_bytes(tensor: onnx.TensorProto) -> int:
    dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
    return np.dtype(dtype).itemsize
