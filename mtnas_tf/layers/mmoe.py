"""Multi-gate mixture of experts."""

from collections.abc import Sequence
from typing import Any

import keras

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
    package="mtnas_tf", name="layers.MMoE"
)
class MMoE(keras.layers.Layer):
    """Experts shared by all tasks; every task weighs them by a gate of its own.

        e_k = relu(x W_k + b_k)
        h_t = sum_k softmax(x G_t)_k e_k

    Args:
        tasks: sequence of task names.
        num_experts: int > 0. Defaults to `4`.
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

    With one expert this is `SharedBottom`.

    Example:
    >>> body = mt.layers.MMoE(["click", "like"], hidden_units=(8, 5))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Ma et al., 2018](https://doi.org/10.1145/3219819.3220007), section 4.2.
    """

    def __init__(
        self,
        tasks: Sequence[str],
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
        check_ints(num_experts=num_experts)
        self.route: Route = RouteSpace(tasks, 1, num_experts).full_route()
        self.gate_normalization = gate_normalization
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, root_query, name="stem", **base)
        self.experts = Experts(
            num_experts, hidden_units, name="experts", **base
        )
        self.gates = consumer_gates(
            self.route.tasks, gate_normalization, self.dtype_policy
        )

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        hidden, query = self.stem.compute_output_shape(root_shape)
        self.experts.build(hidden)
        for gate in self.gates.values():
            gate.build(query, self.experts.compute_output_shape(hidden))

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, query = self.stem(root, training=training)
        experts = self.experts(hidden, training=training)  # (batch, k, units)
        return {
            task: gate(query, experts, training=training)
            for task, gate in self.gates.items()
        }

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        sources = self.route.sub_networks()
        return [records.matrix("experts", self.gates, sources)]

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        shape = (root_shape[0], self.experts.units)
        return dict.fromkeys(self.route.tasks, shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.route.tasks),
            "num_experts": self.experts.num_experts,
            "hidden_units": list(self.experts.hidden_units),
            "stem_units": self.stem.stem_units,
            "root_query": self.stem.root_query,
            "normalization": self.stem.normalization,
            "gate_normalization": self.gate_normalization,
            "dropout_rate": self.stem.dropout_rate,
        }
