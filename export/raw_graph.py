"""The nodes between raw columns and the ids and values of a graph.

A vocabulary is a `LabelEncoder`; the bucket of a float counts the boundaries
that do not exceed it, all rounded to float32; a standardized float is computed
in float64. Each gives what `Preprocessor` gives, bit by bit.
"""

import dataclasses
from collections.abc import Collection
from typing import Any

import numpy as np
import onnx
from onnx import compose
from onnx import helper

from mtnas_preprocessing import FieldSpec

from . import onnx_parts
from .onnx_graph import OnnxGraph
from .onnx_parts import OnnxParts
from .raw_spec import RawSpec

ML_DOMAIN = "ai.onnx.ml"
_ML_OPSET = 2  # the first whose `LabelEncoder` gives integers for integers
_KEYS = {"string": "keys_strings", "integer": "keys_int64s"}
_INNER = "encoded/"  # in front of names that raw columns take
_ROW_BYTES = 8  # of a row of the table, with the tags of a text and its row


def add_raw_inputs(parts: OnnxParts, raw: RawSpec) -> None:
    """Puts raw columns in place of the inputs of a graph.

    Args:
        parts: `OnnxParts` with the inputs of `raw.spec`, changed in place.
        raw: `RawSpec`.

    Raises:
        ValueError: if the vocabularies do not fit into one file.
    """
    _check_vocabularies(raw)
    front = _front(raw).graph
    proto, graph = parts.proto, parts.proto.graph
    taken = {tensor.name for tensor in (*raw.inputs, *raw.spec.inputs)}
    _rename(graph, taken)
    for name in taken & parts.large.keys():
        parts.large[_INNER + name] = parts.large.pop(name)
    nodes = [*front.node, *graph.node]
    del graph.node[:], graph.input[:]
    graph.node.extend(nodes)
    graph.input.extend(front.input)
    graph.initializer.extend(front.initializer)
    if all(opset.domain != ML_DOMAIN for opset in proto.opset_import):
        proto.opset_import.append(helper.make_opsetid(ML_DOMAIN, _ML_OPSET))


def _check_vocabularies(raw: RawSpec) -> None:
    """Refuses what cannot be written: nodes are never in a second file."""
    sizes = {
        name: sum(len(str(key).encode()) + _ROW_BYTES for key in keys)
        for name, keys in raw.keys.items()
    }
    if sum(sizes.values()) > onnx_parts.MAX_BYTES:
        raise ValueError(
            "`formats` must not name 'onnx_raw' if the vocabularies take more "
            f"than {onnx_parts.MAX_BYTES:,} bytes: ONNX has them in one file. "
            "'onnx' needs none of them, `Predictor` encodes rows. "
            f"Received: bytes of fields {sizes}"
        )


def _front(raw: RawSpec) -> onnx.ModelProto:
    """A graph from raw columns to what the other one reads."""
    outputs = tuple(
        dataclasses.replace(tensor, name=_INNER + tensor.name)
        for tensor in raw.spec.inputs
    )
    graph = OnnxGraph(dataclasses.replace(raw, outputs=outputs))
    names = [tensor.name for tensor in raw.spec.inputs]
    if "ids" in names:
        _add_ids(graph, raw)
    if "values" in names:
        values = [
            f.name if f.kind == "vector" else _standardized(graph, f)
            for f in raw.raw_fields
            if not f.is_embedded
        ]
        graph.add("Concat", *values, output=f"{_INNER}values", axis=1)
    return compose.add_prefix(
        graph.to_parts().embedded(),
        "raw/",
        rename_inputs=False,
        rename_outputs=False,
    )


def _add_ids(graph: OnnxGraph, raw: RawSpec) -> None:
    """Ids of raw columns and those made outside, in the order of training."""
    parts, places = [], []
    for field in raw.raw_fields:
        if field.is_embedded:
            is_float = field.kind == "float"
            add = _bucket_id if is_float else _id_of_vocabulary
            parts.append(add(graph, field, raw))
            places.append(raw.preprocessor.id_columns(field.name).start)
    if raw.hashed_columns:
        parts.append(raw.ids_name)
        places += raw.hashed_columns
    joined = graph.add("Concat", *parts, axis=1)
    order = np.argsort(places)
    graph.add("Gather", joined, order, output=f"{_INNER}ids", axis=1)


def _id_of_vocabulary(graph: OnnxGraph, field: FieldSpec, raw: RawSpec) -> str:
    keys = raw.keys[field.name]
    attributes: dict[str, Any] = {
        _KEYS[field.kind]: list(keys),
        "values_int64s": list(keys.values()),
        "default_int64": raw.rows[field.name][None],
    }
    return graph.add("LabelEncoder", field.name, domain=ML_DOMAIN, **attributes)


def _bucket_id(graph: OnnxGraph, field: FieldSpec, raw: RawSpec) -> str:
    edges = np.array(field.boundaries, np.float32)
    # One number of each bucket, and a missing one.
    numbers = [-np.inf, *edges, None]
    ids = raw.preprocessor.ids_of(field.name, numbers).astype(np.int64)
    number = graph.add("Cast", field.name, to=onnx.TensorProto.FLOAT)
    is_above = graph.add("GreaterOrEqual", number, edges[None])
    ones = graph.add("Cast", is_above, to=onnx.TensorProto.INT64)
    bucket = graph.add("ReduceSum", ones, np.array([1], np.int64), keepdims=1)
    is_missing = graph.add("IsNaN", number)
    last = np.array(len(edges) + 1, np.int64)
    bucket = graph.add("Where", is_missing, last, bucket)
    return graph.add("Gather", ids, bucket)


def _standardized(graph: OnnxGraph, field: FieldSpec) -> str:
    shifted = graph.add("Sub", field.name, np.array(field.mean, np.float64))
    scaled = graph.add("Div", shifted, np.array(field.scale, np.float64))
    is_missing = graph.add("IsNaN", field.name)
    known = graph.add("Where", is_missing, np.array(0.0), scaled)
    return graph.add("Cast", known, to=onnx.TensorProto.FLOAT)


def _rename(graph: onnx.GraphProto, names: Collection[str]) -> None:
    """Gives tensors of a graph, and of the graphs in it, other names."""
    for node in graph.node:
        for tensors in (node.input, node.output):
            tensors[:] = [_INNER * (x in names) + x for x in tensors]
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _rename(attribute.g, names)
    for tensor in (
        *graph.initializer,
        *graph.value_info,
        *graph.input,
        *graph.output,
    ):
        tensor.name = _INNER * (tensor.name in names) + tensor.name
