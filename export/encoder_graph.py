"""The nodes of an encoder: two that refuse invalid ids, one lookup for all."""

from collections.abc import Mapping

import keras
import numpy as np
import onnx

from mtnas_preprocessing import PADDING
from mtnas_tf.features import FeatureEncoder

from .onnx_graph import OnnxGraph
from .onnx_graph import to_array
from .spec import ExportSpec


def add_inputs(graph: OnnxGraph, spec: ExportSpec) -> dict[str, str]:
    """Adds the checks of the inputs.

    Returns:
        What encoders read -> name of the tensor: `ids`, `values` and, where
        there are lists, `is_padding`.
    """
    inputs = {tensor.name: tensor.name for tensor in spec.inputs}
    if "ids" in inputs:
        inputs["ids"] = _table_rows(graph, spec)
        if any(spec.may_pad):
            inputs |= _without_padding(graph, inputs["ids"], spec)
    return inputs


def add_encoder(
    graph: OnnxGraph, encoder: FeatureEncoder, inputs: Mapping[str, str]
) -> str:
    """Adds an encoder; returns the name of the root feature."""
    parts = []
    if encoder.num_fields:
        rows = graph.add("Gather", _table(encoder), inputs["ids"])
        if "is_padding" in inputs:
            rows = _pooled(graph, encoder, rows, inputs["is_padding"])
        parts.append(_cut_to_widths(graph, encoder, rows))
    if encoder.num_values:
        parts.append(inputs["values"])
    return graph.concat(parts)


def _table(encoder: FeatureEncoder) -> np.ndarray:
    """The embedding table, fixed rows in their places."""
    table = to_array(encoder.table)
    fixed = encoder.fixed_rows
    if fixed is not None:
        table = table.copy()
        rows = np.flatnonzero(keras.ops.convert_to_numpy(fixed.is_fixed))
        table[rows] = to_array(fixed.values)[rows]
    return table


def _cut_to_widths(graph: OnnxGraph, encoder: FeatureEncoder, rows: str) -> str:
    """Embeddings of all fields side by side, each as wide as it is."""
    dim = max(encoder.widths)
    flat = graph.reshape(rows, encoder.num_fields * dim)
    columns = np.flatnonzero(np.arange(dim) < np.array(encoder.widths)[:, None])
    if len(columns) == encoder.num_fields * dim:
        return flat
    return graph.add("Gather", flat, columns, axis=1)


def _pooled(
    graph: OnnxGraph, encoder: FeatureEncoder, rows: str, is_padding: str
) -> str:
    """Means of rows over each field's columns."""
    lengths = encoder.lengths
    fields = np.repeat(np.eye(len(lengths), dtype=np.float32), lengths, 0)
    is_value = graph.add("Not", is_padding)
    weights = graph.add("Cast", is_value, to=onnx.TensorProto.FLOAT)
    counts = graph.add("MatMul", weights, fields @ fields.T)
    weights = graph.add("Div", weights, counts)
    weights = graph.reshape(weights, len(fields), 1)
    weighted = graph.add("Mul", rows, weights)
    return graph.add("MatMul", np.ascontiguousarray(fields.T), weighted)


def _table_rows(graph: OnnxGraph, spec: ExportSpec) -> str:
    """The ids, with negative ones that are not padding mapped behind the table.

    The lookup fails there, while it would count a negative id from the table's
    end.
    """
    least = np.array(0, np.int64)
    if any(spec.may_pad):
        least = np.where(spec.may_pad, PADDING, 0)[None]
    is_negative = graph.add("Less", "ids", least)
    behind = np.array(spec.num_buckets, np.int64)
    return graph.add("Where", is_negative, behind, "ids")


def _without_padding(
    graph: OnnxGraph, ids: str, spec: ExportSpec
) -> dict[str, str]:
    """Replaces padding by each list's first id; also returns where it was."""
    first = np.maximum.accumulate(
        np.where(spec.may_pad, 0, np.arange(len(spec.may_pad)))
    )
    is_padding = graph.add("Less", ids, np.array(0, np.int64))
    firsts = graph.add("Gather", ids, first, axis=1)
    safe = graph.add("Where", is_padding, firsts, ids)
    return {"ids": safe, "is_padding": is_padding}
