"""The nodes of one network: encoder, body, towers.

- the sub-networks of layer 1, which read the same tensor, are one product;
- all blocks of a layer are mixed by one batched product, in which a block gives
  no weight to what it does not read;
- a task's weighted sum and its tower change places: every sub-network is
  multiplied by the towers that read it, and the sums are of single numbers, one
  for each class of a multi-class task;
- batch normalization, which is affine in a prediction, is part of the weights.
"""

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf import layers
from mtnas_tf.data import TaskSpec
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features import RootEncoders
from mtnas_tf.routes.route import ROOT
from mtnas_tf.tasks import TASK_KINDS

from .bank_graph import BankOutputs
from .bank_graph import add_bank
from .bank_graph import add_bank_of_one_input
from .bank_graph import affine_gate
from .bank_graph import join_banks
from .bank_rows import BankRows
from .encoder_graph import add_encoder
from .linear_form import LinearForm
from .onnx_graph import OnnxGraph
from .onnx_graph import to_array
from .reached_layers import ReachedLayer
from .reached_layers import reached_layers

# exp(-40) is less than float32 resolves beside 1, and far from underflow,
# which would make a softmax slow.
_NEGLIGIBLE = -40


class NetworkGraph:
    """Adds the nodes of one network to a graph.

    Args:
        graph: `OnnxGraph`.
        encoder: `FeatureEncoder`, or `RootEncoders` of several.
        body: sharing body whose class is in `reached_layers.BODIES`.
        towers: `Towers` without hidden layers.
        tasks: names of the tasks to add, some of the body's at least.
    """

    def __init__(
        self,
        graph: OnnxGraph,
        encoder: FeatureEncoder | RootEncoders,
        body: Any,
        towers: layers.Towers,
        tasks: Collection[str],
    ) -> None:
        self._graph = graph
        self._encoders = getattr(encoder, "encoders", {ROOT: encoder})
        self._root_units = encoder.units
        self._stem = body.stem
        self._route = body.route
        self._blocks = self._route.blocks
        kept = [name for name in self._route.tasks if name in tasks]
        self._layers = reached_layers(body, kept)
        roots = {root for name in kept for root in self._route.roots_of(name)}
        stems = getattr(body, "stems", {ROOT: body.stem})
        self._stems = {k: stem for k, stem in stems.items() if k in roots}
        self._units = self._layers[-1].units
        # A gate of one value weighs nothing.
        self._gates = {
            consumer: gate
            for consumer, gate in getattr(body, "gates", {}).items()
            if gate.kernel is not None
        }
        self._tasks = [t for t in towers.tasks if t.name in kept]
        self._towers = towers.output_layers
        # What gates and towers read: tensors, each with the names of the
        # sources that lie side by side in it.
        self._sources: list[tuple[str, Sequence[str]]] = []

    def add(self, inputs: Mapping[str, str]) -> None:
        """Adds them, from the names of the inputs to the tasks' outputs."""
        hidden = {root: self._add_root(root, inputs) for root in self._stems}
        first, *later = self._layers
        outputs = self._stacked(self._first_layer(hidden), first)
        self._sources.append((outputs.flat, outputs.names))
        before = [outputs]
        for layer in later:
            mixed = self._mixed(layer.names, self._layer_read(layer, before))
            outputs = add_bank(self._graph, layer.stack[0], mixed, layer.names)
            outputs = self._stacked(outputs, layer)
            before.append(outputs)
            parts = zip(outputs.parts, layer.names, strict=True)
            self._sources += [(part, [name]) for part, name in parts]
        is_gated = any(task.name in self._gates for task in self._tasks)
        logits = self._gated_logits() if is_gated else self._mean_logits()
        self._add_outputs(logits)

    def _add_root(self, root: str, inputs: Mapping[str, str]) -> str:
        """Adds a root feature and its stem; returns what layer 1 reads."""
        query = add_encoder(self._graph, self._encoders[root], inputs)
        hidden, bank = query, self._stems[root].bank
        if bank is not None:
            rows = BankRows.of(bank)
            outputs = add_bank_of_one_input(self._graph, rows, query, ["stem"])
            hidden = outputs.flat
        if self._stem.root_query == "stem":
            query = hidden
        self._sources.append((query, [root]))
        return hidden

    def _first_layer(self, hidden: Mapping[str, str]) -> BankOutputs:
        graph, names = self._graph, self._layers[0].names
        bank = self._layers[0].stack[0]
        linear = [name for name in self._route.linear if name in names]
        if len(hidden) == 1 and not linear:
            (tensor,) = hidden.values()
            return add_bank_of_one_input(graph, bank, tensor, names)
        read = [hidden[self._route.roots.get(name, ROOT)] for name in names]
        return add_bank(graph, bank, read, names, linear)

    def _stacked(
        self, outputs: BankOutputs, layer: ReachedLayer
    ) -> BankOutputs:
        """Further hidden layers of the same sub-networks."""
        for bank in layer.stack[1:]:
            outputs = add_bank(self._graph, bank, outputs.parts, outputs.names)
        return outputs

    def _layer_read(
        self, layer: ReachedLayer, before: Sequence[BankOutputs]
    ) -> BankOutputs:
        """The layer that a layer reads, or several layers joined."""
        read = {
            name
            for consumer in layer.names
            for name in self._blocks[consumer].combination
        }
        for outputs in before:
            if read <= set(outputs.names):
                return outputs
        return join_banks(self._graph, before, self._units)

    def _mixed(self, consumers: Sequence[str], layer: BankOutputs) -> list[str]:
        """The input of each consumer, `(batch, units)`."""
        if any(consumer in self._gates for consumer in consumers):
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
        form = LinearForm(np.zeros(shape, np.float32))
        for row, consumer in enumerate(consumers):
            read = self._blocks[consumer].combination
            columns = [layer.names.index(name) for name in read]
            self._write_scores(form, (row,), consumer, columns)
        scores = self._graph.reshape(self._sum(form), *shape)
        weights = self._graph.add("Softmax", scores, axis=-1)
        mixed = self._graph.add("MatMul", weights, layer.cube)
        mixed = self._graph.reshape(mixed, shape[0] * self._units)
        return self._graph.split(mixed, shape[0])

    def _write_scores(
        self,
        form: LinearForm,
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
        if consumer in self._gates:
            gate, bias = affine_gate(self._gates[consumer])
            form.bias[row] += bias[order]
            query = str(self._blocks[consumer].query)
            roots = self._route.roots_of(consumer)
            asked = roots if query == ROOT else (query,)
            for source in asked:  # their mean
                kernel = self._kernel(form, source)
                kernel[(slice(None), *row)] = gate[:, order] / len(asked)

    def _gated_logits(self) -> str:
        """Towers of every sub-network, weighted: `(batch, outputs)`.

        Each output of a multi-class task has a copy of the task's gate.
        """
        rows = self._tower_rows()
        read = [self._blocks[task].combination for task, _, _ in rows]
        shape = (2, len(rows), max(map(len, read)))  # values, scores
        form = LinearForm(np.zeros(shape, np.float32))
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
        form = LinearForm(np.zeros(len(rows), np.float32))
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
            for task in (task.name for task in self._tasks)
            for kernel, bias in zip(
                to_array(self._towers[task].kernel).T,
                to_array(self._towers[task].bias),
                strict=True,
            )
        ]

    def _add_outputs(self, logits: str) -> None:
        """Splits the logits by task and applies the activations."""
        tasks = self._tasks
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

    def _sum(self, form: LinearForm) -> str:
        """The value of a form, `(batch, columns)`."""
        total: Any = form.bias.ravel()
        for tensor, sources in self._sources:
            if form.kernels.keys() & set(sources):
                kernel = np.concatenate(
                    [self._kernel(form, source) for source in sources]
                ).reshape(-1, form.bias.size)
                total = self._graph.add("Gemm", tensor, kernel, total)
        return str(total)

    def _kernel(self, form: LinearForm, source: str) -> np.ndarray:
        """The kernel of a source in a form."""
        width = self._units
        if source in self._stems:
            query = self._stem.compute_output_shape((None, self._root_units))
            width = query[1][-1]
        return form.kernel(source, width)
