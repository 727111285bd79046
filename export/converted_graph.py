"""The ONNX graph of any model, converted from what TensorFlow traces."""

import math
from collections.abc import Sequence

import keras
import numpy as np
import onnx
import onnx.version_converter
import tf2onnx

from .freeze import freeze
from .freeze import weight_name
from .onnx_graph import BATCH_AXIS
from .onnx_parts import LARGE_BYTES
from .onnx_parts import OnnxParts
from .reached import reached_variables
from .spec import ExportSpec

CONVERTER_OPSET = 18  # the newest of tf2onnx 1.17


def converted_graph(model: keras.Model, spec: ExportSpec) -> OnnxParts:
    """The prediction of `model` as an ONNX graph.

    Only the weights that a prediction reads are written: no optimizer state,
    and nothing of a search. The converter logs operations that it cannot
    convert and goes on, so the graph proves nothing until it was validated.

    Large weights go around the converter, which copies constants some fifty
    times: it sees them as inputs, and they become constants afterwards.

    Args:
        model: built `keras.Model`.
        spec: `ExportSpec`.
    """
    weights = _large_weights(model, spec)
    function = freeze(model, spec, weights)
    proto, _ = tf2onnx.convert.from_function(
        function, function.input_signature, opset=CONVERTER_OPSET
    )
    if spec.opset > CONVERTER_OPSET:
        proto = onnx.version_converter.convert_version(proto, spec.opset)
    parts = OnnxParts(proto)
    _insert_weights(parts, weights)
    for tensor in (*proto.graph.input, *proto.graph.output):
        _name_batch_axis(tensor)
    return parts


def _large_weights(
    model: keras.Model, spec: ExportSpec
) -> list[keras.Variable]:
    """The large weights among those that a prediction reads."""
    concrete = freeze(model, spec).get_concrete_function()
    read = {id(variable) for variable in reached_variables(concrete)}
    weights = [w for w in model.weights if id(w.value) in read]
    return [w for w in weights if _num_bytes(w) >= LARGE_BYTES]


def _num_bytes(weight: keras.Variable) -> int:
    return math.prod(weight.shape) * np.dtype(weight.dtype).itemsize


def _insert_weights(
    parts: OnnxParts, weights: Sequence[keras.Variable]
) -> None:
    """Turns the inputs that stand for weights into constants."""
    graph = parts.proto.graph
    by_name = {weight_name(i): weight for i, weight in enumerate(weights)}
    inputs = [x for x in graph.input if x.name not in by_name]
    del graph.input[:]
    graph.input.extend(inputs)
    for name, weight in by_name.items():
        parts.add(keras.ops.convert_to_numpy(weight), name)


def _name_batch_axis(tensor: onnx.TensorProto) -> None:
    axes = tensor.type.tensor_type.shape.dim
    # A fixed axis is left as it is, for the validation to find.
    if axes and not axes[0].HasField("dim_value"):
        axes[0].dim_param = BATCH_AXIS
