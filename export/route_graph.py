"""The ONNX graph of a network whose structure is known, written directly.

A converter would translate what Keras does, operation by operation. Here

- all fields are looked up at once, after two nodes that refuse invalid ids;
- the sub-networks of layer 1, which read the same tensor, are one product;
- all blocks of a layer are mixed by one batched product, in which a block gives
  no weight to what it does not read;
- a task's weighted sum and its tower change places: every sub-network is
  multiplied by the towers that read it, and the sums are of single numbers, one
  for each class of a multi-class task;
- batch normalization, which is affine in a prediction, is part of the weights.
"""

import dataclasses
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import onnx

from mtnas_preprocessing import PADDING
from mtnas_tf.data import TaskSpec
from mtnas_tf.layers import Gate
from mtnas_tf.models import PLE
from mtnas_tf.models import MLMMoE
from mtnas_tf.models import MMoE
from mtnas_tf.models import SharedBottom
from mtnas_tf.models import SingleTask
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.routes.route import ROOT
from mtnas_tf.tasks import TASK_KINDS

from .bank_graph import BankOutputs
from .bank_graph import add_bank
from .bank_graph import add_bank_of_one_input
from .bank_graph import affine_norm
from .bank_graph import join_banks
from .onnx_graph import OnnxGraph
from .onnx_graph import to_array
from .spec import ExportSpec

_KNOWN = (SparseRouteModel, MLMMoE, MMoE, PLE, SharedBottom, SingleTask)
# exp(-40) is less than float32 resolves beside 1, and far from underflow,
# which would make a softmax slow.
_NEGLIGIBLE = -40


def is_known(model: keras.Model) -> bool:
    """Whether `route_graph` can write the graph of `model`.

    Subclasses do not count: they may compute something else.
    """
    return type(model) in _KNOWN


def route_graph(model: keras.Model, spec: ExportSpec) -> Any:
    """The prediction of `model` as an `onnx.ModelProto`.

    Args:
        model: built `keras.Model` that `is_known`.
        spec: `ExportSpec`.
    """
    graph = OnnxGraph(spec)
    inputs = {tensor.name: tensor.name for tensor in spec.inputs}
    if "ids" in inputs:
        inputs["ids"] = _table_rows(graph, spec)
        if any(spec.may_pad):
            inputs |= _without_padding(graph, inputs["ids"], spec)
    networks = [model]
    if isinstance(model, SingleTask):
        networks = list(model.networks.values())
    for network in networks:
        _Network(graph, network).add(inputs)
    return graph.to_model()


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


@dataclasses.dataclass(frozen=True)
class _LinearForm:
    """The linear form `bias + sum of source @ kernel` over sources.

    Args:
        bias: array `shape`.
        kernels: dict source -> array `(width, *shape)`.
    """

    bias: np.ndarray
    kernels: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)


class _Network:
    """Adds the nodes of one network to a graph."""

    def __init__(self, graph: OnnxGraph, model: SparseRouteModel) -> None:
        self._graph = graph
        self._model = model
        self._blocks = model.route.blocks
        # What gates and towers read: tensors, each with the names of the
        # sources that lie side by side in it.
        self._sources: list[tuple[str, Sequence[str]]] = []

    def add(self, inputs: Mapping[str, str]) -> None:
        model, graph = self._model, self._graph
        root = self._root(inputs)
        hidden = root
        if model.stem is not None:
            stem = add_bank_of_one_input(graph, model.stem, root, ["stem"])
            hidden = stem.flat
        query = root if model.root_query == "features" else hidden
        layer = add_bank_of_one_input(
            graph, model.banks[0], hidden, model.active[0]
        )
        self._sources = [(query, [ROOT]), (layer.flat, layer.names)]
        layers = [layer]
        for bank, names in zip(model.banks[1:], model.active[1:], strict=True):
            mixed = self._mixed(names, self._layer_read(names, layers))
            layer = add_bank(graph, bank, mixed, names)
            layers.append(layer)
            parts = zip(layer.parts, names, strict=True)
            self._sources += [(part, [name]) for part, name in parts]
        is_gated = any(task in model.gates for task in model.route.tasks)
        logits = self._gated_logits() if is_gated else self._mean_logits()
        self._add_outputs(logits)

    def _root(self, inputs: Mapping[str, str]) -> str:
        encoder = self._model.encoder
        parts = []
        if encoder.num_fields:
            table = to_array(encoder.table)
            rows = self._graph.add("Gather", table, inputs["ids"])
            if "is_padding" in inputs:
                rows = self._pooled(rows, inputs["is_padding"])
            width = encoder.num_fields * encoder.embedding_dim
            parts.append(self._graph.reshape(rows, width))
        if encoder.num_values:
            parts.append(inputs["values"])
        return self._graph.concat(parts)

    def _pooled(self, rows: str, is_padding: str) -> str:
        """Means of rows over each field's columns."""
        graph, lengths = self._graph, self._model.encoder.lengths
        fields = np.repeat(np.eye(len(lengths), dtype=np.float32), lengths, 0)
        is_value = graph.add("Not", is_padding)
        weights = graph.add("Cast", is_value, to=onnx.TensorProto.FLOAT)
        counts = graph.add("MatMul", weights, fields @ fields.T)
        weights = graph.add("Div", weights, counts)
        weights = graph.reshape(weights, len(fields), 1)
        weighted = graph.add("Mul", rows, weights)
        return graph.add("MatMul", np.ascontiguousarray(fields.T), weighted)

    def _layer_read(
        self, consumers: Sequence[str], layers: Sequence[BankOutputs]
    ) -> BankOutputs:
        """The layer that the consumers read, or several layers joined."""
        read = {
            name
            for consumer in consumers
            for name in self._blocks[consumer].combination
        }
        for layer in layers:
            if read <= set(layer.names):
                return layer
        return join_banks(self._graph, layers, self._model.units)

    def _mixed(self, consumers: Sequence[str], layer: BankOutputs) -> list[str]:
        """The input of each consumer, `(batch, units)`."""
        if any(consumer in self._model.gates for consumer in consumers):
            return self._gated(consumers, layer)
        parts = dict(zip(layer.names, layer.parts, strict=True))
        read = [self._blocks[consumer].combination for consumer in consumers]
        return [
            parts[names[0]]
            if len(names) == 1
            else self._graph.add("Mean", *(parts[name] for name in names))
            for names in read
        ]

    def _gated(self, consumers: Sequence[str], layer: BankOutputs) -> list[str]:
        """`_mixed`, if some consumers have gates."""
        shape = (len(consumers), len(layer.names))
        form = _LinearForm(np.zeros(shape, np.float32))
        for row, consumer in enumerate(consumers):
            read = self._blocks[consumer].combination
            columns = [layer.names.index(name) for name in read]
            self._write_scores(form, (row,), consumer, columns)
        scores = self._graph.reshape(self._sum(form), *shape)
        weights = self._graph.add("Softmax", scores, axis=-1)
        mixed = self._graph.add("MatMul", weights, layer.cube)
        mixed = self._graph.reshape(mixed, shape[0] * self._model.units)
        return self._graph.split(mixed, shape[0])

    def _write_scores(
        self,
        form: _LinearForm,
        row: tuple[Any, ...],
        consumer: str,
        columns: Sequence[int],
    ) -> None:
        """Writes a gate's scores into some columns of a row.

        All other columns get the last score minus 40, which leaves them no
        weight.
        """
        order = np.full(form.bias.shape[-1], -1)
        order[columns] = range(len(columns))
        is_read = order >= 0
        form.bias[row] = np.where(is_read, 0, _NEGLIGIBLE)
        if consumer in self._model.gates:
            gate, bias = _affine_gate(self._model.gates[consumer])
            form.bias[row] += bias[order]
            kernel = self._kernel(form, str(self._blocks[consumer].query))
            kernel[(slice(None), *row)] = gate[:, order]

    def _gated_logits(self) -> str:
        """Towers of every sub-network, weighted: `(batch, outputs)`.

        Each output of a multi-class task has a copy of the task's gate.
        """
        rows = self._tower_rows()
        read = [self._blocks[task].combination for task, _, _ in rows]
        shape = (2, len(rows), max(map(len, read)))  # values, scores
        form = _LinearForm(np.zeros(shape, np.float32))
        for row, (task, kernel, bias) in enumerate(rows):
            form.bias[0, row] = bias
            for column, name in enumerate(read[row]):
                self._kernel(form, name)[:, 0, row, column] = kernel
            self._write_scores(form, (1, row), task, range(len(read[row])))
        both = self._graph.reshape(self._sum(form), *shape)
        values, scores = self._graph.split(both, 2)
        weights = self._graph.add("Softmax", scores, axis=-1)
        products = self._graph.add("Mul", values, weights)
        axes = np.array([1, 3], np.int64)
        return self._graph.add("ReduceSum", products, axes, keepdims=0)

    def _mean_logits(self) -> str:
        """Towers applied to the mean of their inputs: `(batch, outputs)`."""
        rows = self._tower_rows()
        form = _LinearForm(np.zeros(len(rows), np.float32))
        for row, (task, kernel, bias) in enumerate(rows):
            form.bias[row] = bias
            names = self._blocks[task].combination
            for name in names:
                self._kernel(form, name)[:, row] = kernel / len(names)
        return self._sum(form)

    def _tower_rows(self) -> list[tuple[str, np.ndarray, np.float32]]:
        """Task, kernel and bias of every output, in order."""
        return [
            (task, kernel, bias)
            for task, tower in self._model.towers.items()
            for kernel, bias in zip(
                to_array(tower.kernel).T, to_array(tower.bias), strict=True
            )
        ]

    def _add_outputs(self, logits: str) -> None:
        """Splits the logits by task and applies the activations."""
        tasks = self._model.schema.tasks
        sizes = [task.num_outputs for task in tasks]
        activations = [TASK_KINDS[task.kind].onnx_activation for task in tasks]
        is_plain = max(sizes) == 1 and not any(task.is_scaled for task in tasks)
        if is_plain and len(tasks) > 1 and set(activations) == {"Sigmoid"}:
            logits = self._graph.add("Sigmoid", logits)
            self._graph.split_into([task.name for task in tasks], logits)
            return
        parts = self._graph.split_by(logits, sizes)
        for task, part, activation in zip(
            tasks, parts, activations, strict=True
        ):
            if task.is_scaled:
                part = self._unscaled(task, part)
            self._graph.add(activation, part, output=task.name)

    def _unscaled(self, task: TaskSpec, tensor: str) -> str:
        """A regression in the user's units.

        This is not folded into the tower's weights: in int8 a column a thousand
        times as large would leave the other tasks' columns no digits.
        """
        scale, mean = np.float32(task.scale), np.float32(task.mean)
        tensor = self._graph.add("Mul", tensor, np.array(scale))
        return self._graph.add("Add", tensor, np.array(mean))

    def _sum(self, form: _LinearForm) -> str:
        """The value of a form, `(batch, columns)`."""
        total: Any = form.bias.ravel()
        for tensor, sources in self._sources:
            if form.kernels.keys() & set(sources):
                kernel = np.concatenate(
                    [self._kernel(form, source) for source in sources]
                ).reshape(-1, form.bias.size)
                total = self._graph.add("Gemm", tensor, kernel, total)
        return str(total)

    def _kernel(self, form: _LinearForm, source: str) -> np.ndarray:
        """The kernel of a source in a form; a new one is zero."""
        model = self._model
        width = model.root_query_units if source == ROOT else model.units
        zeros = np.zeros((width, *form.bias.shape), np.float32)
        return form.kernels.setdefault(source, zeros)


def _affine_gate(gate: Gate) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias of a gate, with batch normalization folded in."""
    kernel = to_array(gate.kernel)
    if gate.norm is None:
        return kernel, np.zeros(kernel.shape[1], np.float32)
    scale, offset = affine_norm(gate.norm)
    return kernel * scale, offset[0]
