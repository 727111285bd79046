"""ONNX graphs whose weights take fewer bytes."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime.quantization


def halve_table(proto: onnx.ModelProto) -> None:
    """Stores embedding tables as float16; what is looked up becomes float32.

    Args:
        proto: `onnx.ModelProto`, changed in place.

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
            _halve(tensor)
            tables.add(tensor.name)
    nodes = []
    for node in proto.graph.node:
        nodes.append(node)
        if node.op_type == "Gather" and node.input[0] in tables:
            nodes.append(_cast_output(node))
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)


def save_int8(proto: onnx.ModelProto, path: Path) -> None:
    """Writes a graph with tables and matrices of 8-bit integers.

    Matrices use 7 bits, since the sums of 8-bit products overflow on some
    processors.

    Args:
        proto: `onnx.ModelProto`.
        path: file to write.
    """
    onnxruntime.quantization.quantize_dynamic(proto, path, reduce_range=True)


def _halve(tensor: onnx.TensorProto) -> None:
    array = onnx.numpy_helper.to_array(tensor)
    limit = np.finfo(np.float16).max
    largest = np.abs(array).max()
    if not largest <= limit:
        raise ValueError(
            f"The embedding table must not exceed {limit} to be stored as "
            f"float16. Received: {largest}"
        )
    tensor.CopyFrom(
        onnx.numpy_helper.from_array(array.astype(np.float16), tensor.name)
    )


def _cast_output(node: onnx.NodeProto) -> onnx.NodeProto:
    """A node that casts another's output to float32 and takes over its name."""
    name = node.output[0]
    node.output[0] = f"{name}/half"
    return onnx.helper.make_node(
        "Cast", node.output, [name], to=onnx.TensorProto.FLOAT
    )
