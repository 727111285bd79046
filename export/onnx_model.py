"""Writes and loads an ONNX model."""

import math
from collections.abc import Iterable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import onnxruntime
import tf2onnx

from .artefact import Artefact
from .freeze import freeze
from .freeze import weight_name
from .spec import ExportSpec
from .tensor_info import TensorInfo

BATCH_AXIS = "batch"
LARGE_BYTES = 2**20
MAX_BYTES = 2_000_000_000  # a protobuf message ends at 2**31, graph included
_DTYPES = {"tensor(int64)": "int64", "tensor(float)": "float32"}


def save_onnx(model: keras.Model, spec: ExportSpec, path: Path) -> None:
    """Writes the prediction of `model` as ONNX, its weights as constants.

    Only the weights that a prediction reads are written: no optimizer state,
    and nothing of a search. The converter logs operations that it cannot
    convert and goes on, so the file proves nothing until it was validated.

    Large weights go around the converter, which copies constants some fifty
    times: it sees them as inputs, and they become constants afterwards.

    Args:
        model: built `keras.Model`.
        spec: `ExportSpec`.
        path: file to write.

    Raises:
        ValueError: if the weights do not fit into an ONNX file.
    """
    weights = _large_weights(model, spec)
    function = freeze(model, spec, weights)
    proto, _ = tf2onnx.convert.from_function(
        function, function.input_signature, opset=spec.opset
    )
    _insert_weights(proto.graph, weights)
    for tensor in (*proto.graph.input, *proto.graph.output):
        _name_batch_axis(tensor)
    onnx.save(proto, str(path))


def load_onnx(path: Path) -> Artefact:
    """Checks and loads what `save_onnx` wrote."""
    onnx.checker.check_model(str(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    outputs = _tensor_infos(session.get_outputs())
    names = [tensor.name for tensor in outputs]

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip(names, session.run(names, inputs), strict=True))

    return Artefact(
        inputs=_tensor_infos(session.get_inputs()), outputs=outputs, run=run
    )


def _large_weights(
    model: keras.Model, spec: ExportSpec
) -> list[keras.Variable]:
    """The large weights among those that a prediction reads."""
    graph = freeze(model, spec).get_concrete_function().graph
    read = {id(variable) for variable in graph.variables}
    weights = [w for w in model.weights if id(w.value) in read]
    size = sum(map(_num_bytes, weights))
    if size > MAX_BYTES:
        raise ValueError(
            f"An ONNX file must not exceed {MAX_BYTES} bytes: use fewer "
            "buckets, or the format 'saved_model'. "
            f"Received: {size} bytes of weights"
        )
    return [w for w in weights if _num_bytes(w) >= LARGE_BYTES]


def _num_bytes(weight: keras.Variable) -> int:
    return math.prod(weight.shape) * np.dtype(weight.dtype).itemsize


def _insert_weights(graph: Any, weights: Sequence[keras.Variable]) -> None:
    """Turns the inputs that stand for weights into constants."""
    by_name = {weight_name(i): weight for i, weight in enumerate(weights)}
    inputs = [x for x in graph.input if x.name not in by_name]
    del graph.input[:]
    graph.input.extend(inputs)
    for name, weight in by_name.items():
        array = keras.ops.convert_to_numpy(weight)
        graph.initializer.append(onnx.numpy_helper.from_array(array, name))


def _name_batch_axis(tensor: Any) -> None:
    axes = tensor.type.tensor_type.shape.dim
    # A fixed axis is left as it is, for the validation to find.
    if axes and not axes[0].HasField("dim_value"):
        axes[0].dim_param = BATCH_AXIS


def _tensor_infos(arguments: Iterable[Any]) -> tuple[TensorInfo, ...]:
    return tuple(
        TensorInfo(
            name=x.name,
            dtype=_DTYPES.get(x.type, x.type),
            shape=tuple(n if isinstance(n, int) else None for n in x.shape),
        )
        for x in arguments
    )
