"""Multi-layer MMoE: several layers of experts, shared by all tasks."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.layers.consumer_gates import consumer_gates
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.stem import Stem
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.MLMMoE"
)
class MLMMoE(keras.layers.Layer):
    """Every expert and every task mixes all experts of the previous layer.

    All gates look at the root feature. This is the full route of `MTNAS`.

        e^1_k = relu(x W_k + b_k)
        e^l_k = relu(sum_j softmax(x G^l_k)_j e^(l-1)_j W_k + b_k)
        h_t = sum_j softmax(x G_t)_j e^L_j

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int > 0. Experts of a layer. Defaults to `4`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        stem_units: see `Stem`. Defaults to `None`.
        root_query: `"features"` or `"stem"`: what gates look at. Defaults to
            `"features"`.
        normalization: see `Experts`. Defaults to `None`.
        gate_normalization: `None` or `"batch"`, see `Gate`. Defaults to
            `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    With one layer this is `MMoE`.

    Example:
    >>> body = mt.layers.MLMMoE(["click", "like"], hidden_units=(5,))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Tang et al., 2020](https://doi.org/10.1145/3383313.3412236), 5.1.2.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        num_layers: int = 2,
        num_experts: int = 4,
        hidden_units: Sequence[int] = (64,),
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = None,
        gate_normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_layers=num_layers, num_experts=num_experts)
        self.route: Route = RouteSpace(
            tasks, num_layers, num_experts
        ).full_route()
        self.gate_normalization = gate_normalization
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, root_query, name="stem", **base)
        self.experts = [
            Experts(num_experts, hidden_units, name=f"layer_{i + 1}", **base)
            for i in range(num_layers)
        ]
        self.gates = consumer_gates(
            self.route.blocks, gate_normalization, self.dtype_policy
        )

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        shape, query = self.stem.compute_output_shape(root_shape)
        for experts in self.experts:
            experts.build(shape)
            shape = experts.compute_output_shape(shape)
        for gate in self.gates.values():
            gate.build(query, shape)

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, query = self.stem(root, training=training)
        outputs = self.experts[0](hidden, training=training)
        for layer, experts in enumerate(self.experts[1:], start=1):
            read = [
                self.gates[name](query, outputs, training=training)
                for name in self.route.sub_networks([layer])
            ]
            outputs = experts(ops.stack(read, axis=1), training=training)
        return {
            task: self.gates[task](query, outputs, training=training)
            for task in self.route.tasks
        }

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        return [
            records.matrix(
                f"layer {layer + 1}",
                {name: self.gates[name] for name in readers},
                self.route.sub_networks([layer]),
            )
            for layer in range(self.route.num_layers)
            for readers in [
                self.route.sub_networks([layer + 1]) or self.route.tasks
            ]
        ]

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        shape = (root_shape[0], self.experts[-1].units)
        return dict.fromkeys(self.route.tasks, shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.route.tasks),
            "num_layers": self.route.num_layers,
            "num_experts": self.route.num_subnetworks,
            "hidden_units": list(self.experts[0].hidden_units),
            "stem_units": self.stem.stem_units,
            "root_query": self.stem.root_query,
            "normalization": self.stem.normalization,
            "gate_normalization": self.gate_normalization,
            "dropout_rate": self.stem.dropout_rate,
        }
