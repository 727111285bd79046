"""The network of one sharing route, holding only what the route reaches."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.layers import BankNormalization
from mtnas_tf.layers import Gate
from mtnas_tf.layers.search_block_bank import AGGREGATIONS
from mtnas_tf.models.layer_name import layer_name
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.routes.route import ROOT
from mtnas_tf.routes.route import Route
from mtnas_tf.types import Inputs
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SparseRouteModel(MultiTaskModel):
    """Runs one route; has no search variables.

    Sub-networks, gates and queries that no task depends on do not exist, nor
    does a layer without any. With
    x the root feature and r the stem's output (x without a stem):

        v_k = relu(r W_k + b_k)            layer 1, the reached k
        u   = sum_j softmax(norm(q W))_j v_j   one gate per reached consumer
        v_k = relu(u_k W_k + b_k)          layer 2 and up
        y_t = sigmoid(u_t w_t + b_t)       every task t

    A consumer of a single sub-network has no gate.

    Args:
        schema: `DatasetSchema`.
        route: `Route` whose tasks are the schema's.
        units: int > 0. Width of a sub-network. Defaults to `64`.
        aggregation: `"gate"` or `"mean"`. Defaults to `"gate"`.
        **kwargs: The base net's shape, see `MultiTaskModel`.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    With one sub-network a layer this is `SharedBottom`; with the full route
    `MLMMoE`, and `MMoE` if the tasks read layer 1 alone.

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 3.3.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        route: Route,
        units: int = 64,
        aggregation: str = "gate",
        **kwargs: Any,
    ) -> None:
        super().__init__(schema, **kwargs)
        check_instances(Route, route=route)
        check_ints(units=units)
        check_choices(AGGREGATIONS, aggregation=aggregation)
        if set(route.tasks) != set(schema.task_names):
            raise ValueError(
                f"`route` must have the schema's tasks {schema.task_names}. "
                f"Received: {route.tasks}"
            )
        self.route = route
        self.units = units
        self.aggregation = aggregation
        reached = route.reached()
        layers = [
            [name for name in route.sub_networks([layer]) if name in reached]
            for layer in range(route.num_layers)
        ]
        self.active = [names for names in layers if names]
        self.banks = [
            self.build_layer(route.layer_of(names[0]), len(names), units)
            for names in self.active
        ]
        self.gates = {
            consumer: self._build_gate(consumer)
            for consumer in (*reached, *route.tasks)
            if consumer in route.blocks and self._is_gated(consumer)
        }
        self.build_towers(units)

    @property
    def batch_norms(self) -> list[BankNormalization]:
        """Every batch normalization, of sub-networks and of gates."""
        banks = self.banks if self.stem is None else [self.stem, *self.banks]
        norms = [layer.norm for layer in (*banks, *self.gates.values())]
        return [
            norm for norm in norms if norm is not None and norm.kind == "batch"
        ]

    def representations(self, inputs: Inputs, training: bool) -> TaskTensors:
        root = self.encoder(inputs)
        hidden = self.stem_output(root, training)
        tensors = {ROOT: root if self.root_query == "features" else hidden}
        for bank, names in zip(self.banks, self.active, strict=True):
            if self.route.layer_of(names[0]) > 0:
                hidden = ops.stack(
                    [self._mix(name, tensors, training) for name in names],
                    axis=1,
                )
            outputs = bank(hidden, training=training)  # (batch, names, units)
            tensors.update(
                {name: outputs[:, i, :] for i, name in enumerate(names)}
            )
        return {
            task: self._mix(task, tensors, training)
            for task in self.route.tasks
        }

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "route": self.route.to_json(),
            "units": self.units,
            "aggregation": self.aggregation,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> Any:
        route = Route.from_json(config["route"])
        return super().from_config({**config, "route": route})

    def _is_gated(self, consumer: str) -> bool:
        several = len(self.route.blocks[consumer].combination) > 1
        return several and self.aggregation == "gate"

    def _build_gate(self, consumer: str) -> Gate:
        block = self.route.blocks[consumer]
        if block.query is None:
            raise ValueError(
                "`route` must name a query wherever several sub-networks are "
                f"gated. Received: {consumer} <- {block}"
            )
        gate = Gate(
            self.gate_normalization,
            dtype=self.dtype_policy,
            name=layer_name("gate", consumer),
        )
        is_root = block.query == ROOT
        query_units = self.root_query_units if is_root else self.units
        gate.build(
            (None, query_units), (None, len(block.combination), self.units)
        )
        return gate

    def _mix(
        self, consumer: str, tensors: dict[str, Tensor], training: bool
    ) -> Tensor:
        """What a consumer reads: `(batch, units)`."""
        block = self.route.blocks[consumer]
        if len(block.combination) == 1:
            return tensors[block.combination[0]]
        values = ops.stack([tensors[n] for n in block.combination], axis=1)
        if self.aggregation == "mean":
            return ops.mean(values, axis=1)
        query = tensors[str(block.query)]
        return self.gates[consumer](query, values, training=training)
