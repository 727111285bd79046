"""ONNX graphs whose weights take fewer bytes."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime.quantization

from . import onnx_weights
from .onnx_weights import Arrays
from .onnx_weights import content
from .onnx_weights import embed
from .onnx_weights import num_bytes
from .onnx_weights import replace


def halve_table(proto: onnx.ModelProto, large: Arrays) -> None:
    """Stores embedding tables as float16; what is looked up becomes float32.

    Args:
        proto: `onnx.ModelProto`, changed in place.
        large: see `to_tensor`, changed in place.

    Raises:
        ValueError: if a number is beyond the range of float16.
    """
    gathered = {
        node.input[0] for node in proto.graph.node if node.op_type == "Gather"
    }
    tables = set()
    for tensor in proto.graph.initializer:
        is_float = tensor.data_type == onnx.TensorProto.FLOAT
        if is_float and tensor.name in gathered:
            _halve(tensor, large)
            tables.add(tensor.name)
    nodes = []
    for node in proto.graph.node:
        nodes.append(node)
        if node.op_type == "Gather" and node.input[0] in tables:
            nodes.append(_cast_output(node))
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)


def save_int8(proto: onnx.ModelProto, large: Arrays, path: Path) -> None:
    """Writes a graph with tables and matrices of 8-bit integers.

    Matrices use 7 bits, since the sums of 8-bit products overflow on some
    processors.

    Args:
        proto: `onnx.ModelProto`, changed in place.
        large: see `to_tensor`.
        path: file to write.

    Raises:
        ValueError: if the weights are too many to be put into one message.
    """
    size = num_bytes(proto, large)
    if size > onnx_weights.MAX_BYTES:
        raise ValueError(
            "`precision` must be 'float32' or 'float16' for a model of more "
            f"than {onnx_weights.MAX_BYTES} bytes. Received: "
            f"precision='int8', a model of {size} bytes"
        )
    embed(proto, large)
    onnxruntime.quantization.quantize_dynamic(proto, path, reduce_range=True)


def _halve(tensor: onnx.TensorProto, large: Arrays) -> None:
    array = content(tensor, large)
    limit = np.finfo(np.float16).max
    largest = np.abs(array).max()
    if not largest <= limit:
        raise ValueError(
            f"The embedding table must not exceed {limit} to be stored as "
            f"float16. Received: {largest}"
        )
    replace(tensor, array.astype(np.float16), large)


def _cast_output(node: onnx.NodeProto) -> onnx.NodeProto:
    """A node that casts another's output to float32 and takes over its name."""
    name = node.output[0]
    node.output[0] = f"{name}/half"
    return onnx.helper.make_node(
        "Cast", node.output, [name], to=onnx.TensorProto.FLOAT
    )
