"""Rows of the embedding table that an export keeps, and an id map for others.

A row that no training example reads still has its initial values. All such rows
are replaced by one of them, the nearest to their mean, so that the exported
graph is the model, called with ids of which the unseen ones are replaced.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import onnx

from mtnas_preprocessing import PADDING
from mtnas_preprocessing.vocabulary_rows import rows_of_vocabularies

from .onnx_parts import OnnxParts

POSITIONS = "kept_rows/positions"  # name of the map of ids in a graph
_ROWS_AT_ONCE = 2**18  # a copy of a large table is not made


@dataclasses.dataclass(frozen=True, eq=False)
class KeptRows:
    """The rows that stay in a table.

    Args:
        num_rows: int > 0. Rows of the whole table.
        rows: increasing ints. Those that stay.
        shared: int, one of `rows`. All others are read as this one.
    """

    num_rows: int
    rows: np.ndarray
    shared: int

    @classmethod
    def of_model(
        cls, model: Any, num_rows: int, seen_ids: np.ndarray
    ) -> "KeptRows":
        """The rows of a model that ids read.

        The rows of vocabularies stay as well: an encoder may read of their ids
        what domain a row belongs to.

        Args:
            model: built `keras.Model` with a `schema`.
            num_rows: of its tables.
            seen_ids: ints of any shape, the ids of the rows that the model was
                trained on.

        Raises:
            ValueError: if they are no ids of the table, or there is no table.
        """
        tables = [w for w in model.weights if _is_table(w.shape, num_rows)]
        if not tables:
            raise ValueError(
                "`seen_ids` must be left out for a model without an embedding "
                f"table. Received: model={model.name!r}"
            )
        is_kept = _is_seen(seen_ids, num_rows)
        is_kept[: rows_of_vocabularies(model.schema.fields)[1]] = True
        shared = _nearest_to_mean(tables, ~is_kept)
        is_kept[shared] = True
        return cls(num_rows, np.flatnonzero(is_kept), shared)

    @property
    def positions(self) -> np.ndarray:
        """Where each row of the whole table is among those that stay."""
        shared = np.searchsorted(self.rows, self.shared)
        positions = np.full(self.num_rows, shared, np.int32)
        positions[self.rows] = np.arange(len(self.rows), dtype=np.int32)
        return positions

    def read_ids(self, ids: np.ndarray) -> np.ndarray:
        """The ids whose rows are read in place of `ids`; padding stays."""
        return np.where(
            ids == PADDING, PADDING, self.rows[self.positions[ids]]
        ).astype(ids.dtype)

    def prune(self, parts: OnnxParts) -> None:
        """Cuts the tables of a graph, and maps what they are asked for.

        Args:
            parts: `OnnxParts`, changed in place.
        """
        graph = parts.proto.graph
        lookups = self._lookups(graph)
        for tensor in graph.initializer:
            if tensor.name in {node.input[0] for node in lookups}:
                parts.replace(tensor, parts.content(tensor)[self.rows])
        parts.add(self.positions, POSITIONS)
        nodes, mapped = [], set()
        for node in graph.node:
            if node in lookups:
                ids = node.input[1]
                node.input[1] = f"{ids}/kept"
                if ids not in mapped:
                    mapped.add(ids)
                    nodes.append(
                        onnx.helper.make_node(
                            "Gather", [POSITIONS, ids], [f"{ids}/kept"]
                        )
                    )
            nodes.append(node)
        del graph.node[:]
        graph.node.extend(nodes)

    def _lookups(self, graph: onnx.GraphProto) -> list[onnx.NodeProto]:
        """Nodes that look rows up in a table."""
        tables = {
            tensor.name
            for tensor in graph.initializer
            if _is_table(tensor.dims, self.num_rows)
        }
        return [
            node
            for node in graph.node
            if node.op_type == "Gather"
            and node.input[0] in tables
            and all(not x.i for x in node.attribute if x.name == "axis")
        ]


def _is_table(shape: Sequence[int], num_rows: int) -> bool:
    return len(shape) == 2 and shape[0] == num_rows


def _is_seen(seen_ids: np.ndarray, num_rows: int) -> np.ndarray:
    ids = np.asarray(seen_ids)
    if ids.dtype.kind not in "iu" or not ids.size:
        raise ValueError(
            "`seen_ids` must hold integers, at least one. "
            f"Received: dtype={ids.dtype}, shape={ids.shape}"
        )
    least, largest = ids.min(), ids.max()
    if least < PADDING or largest >= num_rows:
        raise ValueError(
            f"`seen_ids` must lie in [0, {num_rows}), or be {PADDING}, "
            f"padding. Received: from {least} to {largest}"
        )
    is_seen = np.zeros(num_rows, bool)
    is_seen[ids[ids != PADDING]] = True
    return is_seen


def _nearest_to_mean(
    tables: Sequence[keras.Variable], is_unseen: np.ndarray
) -> int:
    """The unseen row nearest to their mean, over all tables; 0 without any."""
    rows = np.flatnonzero(is_unseen)
    if not rows.size:
        return 0
    distances = np.zeros(len(rows))
    for table in tables:
        values = keras.ops.convert_to_numpy(table)
        mean = values.mean(0, np.float64, where=is_unseen[:, None])
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            distances[part] += np.square(values[rows[part]] - mean).sum(1)
    return int(rows[distances.argmin()])
