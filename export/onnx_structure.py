"""What an ONNX file declares, and whether its parts fit together."""

from collections.abc import Collection
from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
from onnx import helper

from .tensor_info import TensorInfo

SMALL = 2**16  # numbers of a constant whose value may decide a shape


def check_shapes(proto: onnx.ModelProto) -> None:
    """Infers the shape and type of every tensor, and raises where it cannot.

    Large constants take part as inputs of their shape: their values decide no
    shape, and would be copied.

    Args:
        proto: `onnx.ModelProto`.

    Raises:
        onnx.shape_inference.InferenceError: if shapes or types contradict one
            another, or an operator's are unknown.
    """
    small: list[Any] = []
    large: list[Any] = []
    for tensor in proto.graph.initializer:
        size = int(np.prod(tensor.dims))
        (small if size <= SMALL else large).append(tensor)
    graph = helper.make_graph(
        proto.graph.node,
        proto.graph.name,
        [*proto.graph.input, *map(_as_input, large)],
        proto.graph.output,
        small,
    )
    light = helper.make_model(
        graph,
        opset_imports=proto.opset_import,
        ir_version=proto.ir_version,
        functions=proto.functions,
    )
    onnx.shape_inference.infer_shapes(
        light, check_type=True, strict_mode=True, data_prop=True
    )


def pass_constants(graph: onnx.GraphProto, names: Collection[str]) -> None:
    """Makes inputs of constants.

    Args:
        graph: `onnx.GraphProto`, changed in place.
        names: those of the constants.
    """
    kept = [x for x in graph.initializer if x.name not in names]
    passed = [x for x in graph.initializer if x.name in names]
    graph.input.extend(map(_as_input, passed))
    del graph.initializer[:]
    graph.initializer.extend(kept)


def unread_parts(proto: onnx.ModelProto) -> tuple[str, ...]:
    """Names of nodes, constants and inputs that no output depends on.

    A node is named by its first output.

    Args:
        proto: `onnx.ModelProto`.
    """
    graph = proto.graph
    read = {tensor.name for tensor in graph.output}
    unread = []
    for node in reversed(graph.node):
        if read.intersection(node.output):
            read.update(_sources(node))
        else:
            unread.append(node.output[0])
    others = (*graph.initializer, *graph.input)
    unread += [tensor.name for tensor in others if tensor.name not in read]
    return tuple(unread)


def declared(values: Iterable[Any]) -> tuple[TensorInfo, ...]:
    """The inputs or outputs that a graph declares.

    Args:
        values: `onnx.ValueInfoProto`s.
    """
    infos = []
    for value in values:
        tensor = value.type.tensor_type
        dtype = helper.tensor_dtype_to_np_dtype(tensor.elem_type)
        shape = tuple(
            dim.dim_value if dim.HasField("dim_value") else None
            for dim in tensor.shape.dim
        )
        infos.append(TensorInfo(name=value.name, dtype=str(dtype), shape=shape))
    return tuple(infos)


def _as_input(tensor: onnx.TensorProto) -> Any:
    return helper.make_tensor_value_info(
        tensor.name, tensor.data_type, list(tensor.dims)
    )


def _sources(node: onnx.NodeProto) -> set[str]:
    """What a node reads, in the graphs of its branches too."""
    found = set(node.input)
    for attribute in node.attribute:
        for inner in attribute.g.node:
            found |= _sources(inner)
    return found
