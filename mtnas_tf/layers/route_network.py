"""The sharing body of one route, pruned."""

from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_instances
from mtnas_tf.layer_name import layer_name
from mtnas_tf.layers.gate import GATE_NORMALIZATIONS
from mtnas_tf.layers.gate import Gate
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.root_parts import root_parts
from mtnas_tf.layers.search_block_bank import AGGREGATIONS
from mtnas_tf.layers.side_by_side import side_by_side
from mtnas_tf.layers.stem import Stem
from mtnas_tf.layers.sub_network_bank import SubNetworkBank
from mtnas_tf.routes.route import ROOT
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.sharing_matrix import SharingMatrix
from mtnas_tf.routes.sub_network_units import SubNetworkUnits
from mtnas_tf.routes.sub_network_units import Units
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class RouteNetwork(keras.layers.Layer):
    """The network of one route, without search variables.

    It has no sub-networks, gates and queries that no task depends on, and no
    empty layers. With x the root feature and r the stem's output
    (x without a stem):

        v_k = relu(r W_k + b_k)                layer 1, the reached k
        u   = sum_j softmax(norm(q W))_j v_j   one gate a reached consumer
        v_k = relu(u_k W_k + b_k)              layer 2 and up
        h_t = u_t                              every task t

    A consumer of a single sub-network has no gate. A linear sub-network has no
    relu. Where the route has several
    root features, each has a stem, a sub-network of layer 1 reads its own, and
    the query `"root"` is the mean of those that the consumer depends on.

    Args:
        route: `Route`.
        units: int > 0, width of a sub-network; or a sequence, the width of each
            one of a layer, see `SubNetworkUnits`. Defaults to `64`.
        aggregation: `"gate"` or `"mean"`. Defaults to `"gate"`.
        stem_units: see `Stem`. Defaults to `None`.
        root_query: `"features"` or `"stem"`: what a gate with query `"root"`
            looks at. Defaults to `"features"`.
        normalization: see `SubNetworkBank`. Defaults to `None`.
        gate_normalization: `None` or `"batch"`, see `Gate`. Defaults to
            `None`.
        dropout_rate: see `SubNetworkBank`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`; of a route with several root features a
            dict name -> such a tensor, as `mtnas_tf.features.RootEncoders`
            returns.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, units)`, of the widest that the task reads.

    With one sub-network a layer this is `SharedBottom`; with the full route
    `MLMMoE`, and `MMoE` if the tasks read layer 1 alone.

    Example:
    >>> space = mt.routes.RouteSpace(["click", "like"], 2, 3)
    >>> body = mt.layers.RouteNetwork(space.full_route(), units=5)
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 3.3.
    """

    def __init__(
        self,
        route: Route,
        units: Units = 64,
        aggregation: str = "gate",
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = None,
        gate_normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_instances(Route, route=route)
        check_choices(AGGREGATIONS, aggregation=aggregation)
        check_choices(
            GATE_NORMALIZATIONS, gate_normalization=gate_normalization
        )
        self.route = route
        self.units = tuple(units) if isinstance(units, list) else units
        self.widths = SubNetworkUnits(route, units)
        self.aggregation = aggregation
        self.gate_normalization = gate_normalization
        banks = self.widths.banks()
        self.active = list(banks.values())
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stems = {
            root: Stem(
                stem_units, root_query, name=f"stem{root[len(ROOT) :]}", **base
            )
            for root in route.used_roots
        }
        self.banks = [
            SubNetworkBank(
                len(names),
                self.widths.of(names[0]),
                name=name,
                **base,
            )
            for name, names in banks.items()
        ]
        self.gates = {
            consumer: self._new_gate(consumer)
            for consumer in (*route.reached(), *route.tasks)
            if consumer in route.blocks and self._is_gated(consumer)
        }

    def build(self, root_shape: Shape | dict[str, Shape]) -> None:
        shapes = self._by_root(root_shape)
        for root, stem in self.stems.items():
            stem.build(shapes[root])
        of_stem = self.stem.compute_output_shape(shapes[ROOT])
        hidden_shape, root_query_shape = of_stem
        num_rows = hidden_shape[0]
        for bank, names in zip(self.banks, self.active, strict=True):
            if self.route.layer_of(names[0]) > 0:
                units = self.widths.read_by(names[0])
                hidden_shape = (num_rows, len(names), units)
            bank.build(hidden_shape)
        for consumer, gate in self.gates.items():
            block = self.route.blocks[consumer]
            query_shape = root_query_shape
            if block.query != ROOT:
                query_shape = (num_rows, self.widths.of(str(block.query)))
            num_values = len(block.combination)
            units = self.widths.read_by(consumer)
            gate.build(query_shape, (num_rows, num_values, units))

    def call(
        self, root: Tensor | dict[str, Tensor], training: bool = False
    ) -> TaskTensors:
        hidden, queries = {}, {}
        for name, part in self._by_root(root).items():
            hidden[name], queries[name] = self.stems[name](
                part, training=training
            )
        tensors: TaskTensors = {}
        for bank, names in zip(self.banks, self.active, strict=True):
            if self.route.layer_of(names[0]) == 0:
                read = self._first_read(hidden, names)
            else:
                mixed = [
                    self._mixed(name, tensors, queries, training)
                    for name in names
                ]
                read = ops.stack(mixed, axis=1)
            is_linear = self._is_linear(names)
            # (batch, names, units)
            outputs = bank(read, training=training, is_linear=is_linear)
            tensors |= {name: outputs[:, i, :] for i, name in enumerate(names)}
        return {
            task: self._mixed(task, tensors, queries, training)
            for task in self.route.tasks
        }

    @property
    def stem(self) -> Stem:
        """The stem of the first root feature, which the others equal."""
        return self.stems[ROOT]

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        live = {*self.route.reached(), *self.route.tasks}
        found = []
        for layer in range(self.route.num_layers):
            reads = {
                reader: block.combination
                for reader, block in self.route.blocks.items()
                if reader in live and self.route.layer_of(reader) == layer + 1
            }
            taken = {name for sources in reads.values() for name in sources}
            sources = [n for n in self.route.sub_networks() if n in taken]
            if reads:
                name = f"layer {layer + 1}"
                gates = {reader: self.gates.get(reader) for reader in reads}
                found.append(records.matrix(name, gates, sources, reads))
        return found

    def compute_output_shape(
        self, root_shape: Shape | dict[str, Shape]
    ) -> dict[str, Shape]:
        num_rows = self._by_root(root_shape)[ROOT][0]
        return {t: (num_rows, self.widths.read_by(t)) for t in self.route.tasks}

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "route": self.route.to_dict(),
            "units": self.units,
            "aggregation": self.aggregation,
            "stem_units": self.stem.stem_units,
            "root_query": self.stem.root_query,
            "normalization": self.stem.normalization,
            "gate_normalization": self.gate_normalization,
            "dropout_rate": self.stem.dropout_rate,
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        route = Route.from_dict(config["route"])
        return cls(**{**config, "route": route})

    def _is_gated(self, consumer: str) -> bool:
        several = len(self.route.blocks[consumer].combination) > 1
        return several and self.aggregation == "gate"

    def _new_gate(self, consumer: str) -> Gate:
        block = self.route.blocks[consumer]
        if block.query is None:
            raise ValueError(
                "`route` must name a query wherever several sub-networks are "
                f"gated. Received: {consumer} <- {block}"
            )
        return Gate(
            self.gate_normalization,
            dtype=self.dtype_policy,
            name=layer_name("gate", consumer),
        )

    def _by_root(self, root: Any) -> dict[str, Any]:
        """The tensor, or shape, of each root feature of the route."""
        names = self.route.used_roots
        if len(names) == 1:
            return {ROOT: root}
        return dict(
            zip(names, root_parts(root, names, "RootEncoders"), strict=True)
        )

    def _is_linear(self, names: Sequence[str]) -> np.ndarray | None:
        """Which sub-networks have no activation; `None` if all have one."""
        found = np.array([name in self.route.linear for name in names])
        return found if found.any() else None

    def _first_read(self, hidden: TaskTensors, names: Sequence[str]) -> Tensor:
        """What layer 1 reads: `(batch, width)`, or one each if they differ."""
        if len(hidden) == 1:
            return hidden[ROOT]
        read = [hidden[self.route.roots.get(name, ROOT)] for name in names]
        return ops.stack(read, axis=1)

    def _mixed(
        self,
        consumer: str,
        tensors: TaskTensors,
        queries: TaskTensors,
        training: bool,
    ) -> Tensor:
        """The input of a consumer: `(batch, units)`."""
        block = self.route.blocks[consumer]
        if len(block.combination) == 1:
            return tensors[block.combination[0]]
        values = side_by_side([tensors[n] for n in block.combination])
        if self.aggregation == "mean":
            return ops.mean(values, axis=1)
        if block.query == ROOT:
            roots = [queries[root] for root in self.route.roots_of(consumer)]
            query = _mean(roots)
        else:
            query = tensors[str(block.query)]
        return self.gates[consumer](query, values, training=training)


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    if len(tensors) == 1:
        return tensors[0]
    return ops.mean(ops.stack(tensors, axis=1), axis=1)
