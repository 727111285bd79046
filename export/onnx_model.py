"""Writes and loads an ONNX model."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import onnx.reference
import onnxruntime

from .artefact import Artefact
from .converted_graph import converted_graph
from .freeze import check_model
from .one_hot import OneHot
from .onnx_parts import OnnxParts
from .onnx_parts import mapped
from .onnx_structure import check_shapes
from .onnx_structure import declared
from .onnx_structure import pass_constants
from .onnx_structure import unread_parts
from .raw_graph import add_raw_inputs
from .raw_spec import RawSpec
from .reduced_precision import halve_table
from .reduced_precision import save_int8
from .route_graph import is_known
from .route_graph import route_graph
from .spec import ExportSpec
from .tensor_info import TensorInfo

_DTYPES = {
    "tensor(int64)": "int64",
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(string)": "object",
}


def save_onnx(model: keras.Model, spec: ExportSpec, path: Path) -> None:
    """Writes the prediction of `model` as ONNX, its weights as constants.

    The graph of a network of this library is written directly, that of any
    other model by a converter. The file proves nothing until it was validated.

    Args:
        model: built `keras.Model`.
        spec: `ExportSpec`.
        path: file to write.

    Raises:
        ValueError: if the model is not built, computes in another precision
            than float32, or is too large for int8.
    """
    _save(_parts(model, spec), spec, path)


def save_onnx_raw(model: keras.Model, raw: RawSpec, path: Path) -> None:
    """Writes what `save_onnx` does, with inputs of raw columns.

    Args:
        model: built `keras.Model`.
        raw: `RawSpec`.
        path: file to write.

    Raises:
        ValueError: as `save_onnx` does.
    """
    parts = _parts(model, raw.spec)
    add_raw_inputs(parts, raw)
    _save(parts, raw, path)


def load_onnx(path: Path) -> Artefact:
    """Checks what `save_onnx` wrote, and loads it into ONNX Runtime."""
    onnx.checker.check_model(str(path), full_check=True)
    proto = onnx.load(str(path), load_external_data=False)
    check_shapes(proto)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # invalid ids are meant to fail
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    outputs = _tensor_infos(session.get_outputs())
    names = [tensor.name for tensor in outputs]

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip(names, session.run(names, inputs), strict=True))

    return Artefact(
        inputs=_tensor_infos(session.get_inputs()),
        outputs=outputs,
        run=run,
        unread=unread_parts(proto),
    )


def load_onnx_reference(path: Path) -> Artefact:
    """Loads what `save_onnx` wrote into ONNX's own evaluator.

    It is the standard's meaning of each operator, in NumPy: what ONNX Runtime
    alone computes so would be one runtime's peculiarity.
    """
    proto = onnx.load(str(path), load_external_data=False)
    signature = declared(proto.graph.input)
    outside = mapped(proto, path.parent)
    pass_constants(proto.graph, outside)
    evaluator = onnx.reference.ReferenceEvaluator(proto, new_ops=[OneHot])
    names = [tensor.name for tensor in proto.graph.output]

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        # Its sigmoid also computes what it does not choose, such as exp(1e3).
        with np.errstate(over="ignore", invalid="ignore"):
            outputs: Any = evaluator.run(names, {**inputs, **outside})
        return dict(zip(names, outputs, strict=True))

    return Artefact(
        inputs=signature,
        outputs=declared(proto.graph.output),
        run=run,
    )


def _parts(model: keras.Model, spec: ExportSpec) -> OnnxParts:
    check_model(model)
    make_graph = route_graph if is_known(model) else converted_graph
    parts = make_graph(model, spec)
    if spec.kept_rows is not None:
        spec.kept_rows.prune(parts)
    return parts


def _save(parts: OnnxParts, spec: ExportSpec, path: Path) -> None:
    if spec.precision == "int8":
        save_int8(parts, path)
        return
    if spec.precision == "float16":
        halve_table(parts)
    parts.save(path)


def _tensor_infos(arguments: Iterable[Any]) -> tuple[TensorInfo, ...]:
    return tuple(
        TensorInfo(
            name=x.name,
            dtype=_DTYPES.get(x.type, x.type),
            shape=tuple(n if isinstance(n, int) else None for n in x.shape),
        )
        for x in arguments
    )
