"""ONNX graphs whose weights take fewer bytes."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime.quantization

from . import onnx_parts
from .onnx_parts import OnnxParts


def halve_table(parts: OnnxParts) -> None:
    """Stores embedding tables as float16; what is looked up becomes float32.

    Args:
        parts: `OnnxParts`, changed in place.

    Raises:
        ValueError: if a number is beyond the range of float16.
    """
    graph = parts.proto.graph
    gathered = {
        node.input[0] for node in graph.node if node.op_type == "Gather"
    }
    tables = set()
    for tensor in graph.initializer:
        is_float = tensor.data_type == onnx.TensorProto.FLOAT
        if is_float and tensor.name in gathered:
            _halve(tensor, parts)
            tables.add(tensor.name)
    nodes = []
    for node in graph.node:
        nodes.append(node)
        if node.op_type == "Gather" and node.input[0] in tables:
            nodes.append(_cast_output(node))
    del graph.node[:]
    graph.node.extend(nodes)


def save_int8(parts: OnnxParts, path: Path) -> None:
    """Writes a graph with tables and matrices of 8-bit integers.

    Matrices use 7 bits, since the sums of 8-bit products overflow on some
    processors.

    Args:
        parts: `OnnxParts`, changed in place.
        path: file to write.

    Raises:
        ValueError: if the weights are too many to be put into one message.
    """
    size = parts.num_bytes
    if size > onnx_parts.MAX_BYTES:
        raise ValueError(
            "`precision` must be 'float32' or 'float16' for a model of more "
            f"than {onnx_parts.MAX_BYTES} bytes. Received: "
            f"precision='int8', a model of {size} bytes"
        )
    onnxruntime.quantization.quantize_dynamic(
        parts.embedded(), path, reduce_range=True
    )


def _halve(tensor: onnx.TensorProto, parts: OnnxParts) -> None:
    array = parts.content(tensor)
    limit = np.finfo(np.float16).max
    largest = np.abs(array).max()
    if not largest <= limit:
        raise ValueError(
            f"The embedding table must not exceed {limit} to be stored as "
            f"float16. Received: {largest}"
        )
    parts.replace(tensor, array.astype(np.float16))


def _cast_output(node: onnx.NodeProto) -> onnx.NodeProto:
    """A node that casts another's output to float32 and takes over its name."""
    name = node.output[0]
    node.output[0] = f"{name}/half"
    return onnx.helper.make_node(
        "Cast", node.output, [name], to=onnx.TensorProto.FLOAT
    )
