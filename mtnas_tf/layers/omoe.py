"""One-gate mixture of experts."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_names
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.gate import GATE_NORMALIZATIONS
from mtnas_tf.layers.gate import Gate
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.stem import Stem
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.OMoE"
)
class OMoE(keras.layers.Layer):
    """Experts and one gate, both shared by all tasks.

        e_k = relu(x W_k + b_k)
        h = sum_k softmax(x G)_k e_k, the same for every task

    Args:
        tasks: sequence of task names.
        num_experts: int > 0. Defaults to `4`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        stem_units: see `Stem`. Defaults to `None`.
        root_query: `"features"` or `"stem"`: what the gate looks at. Defaults
            to `"features"`.
        normalization: see `Experts`. Defaults to `None`.
        gate_normalization: `None` or `"batch"`, see `Gate`. Defaults to
            `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`, one tensor for all.

    This is `MMoE` whose gates have the same weights; with one expert it is
    `SharedBottom`.

    Example:
    >>> body = mt.layers.OMoE(["click", "like"], hidden_units=(8, 5))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Ma et al., 2018](https://doi.org/10.1145/3219819.3220007), figure 1 (b).
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
        check_names(tasks=tasks)
        check_choices(
            GATE_NORMALIZATIONS, gate_normalization=gate_normalization
        )
        self.tasks = tuple(tasks)
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, root_query, name="stem", **base)
        self.experts = Experts(
            num_experts, hidden_units, name="experts", **base
        )
        self.gate = Gate(
            gate_normalization, dtype=self.dtype_policy, name="gate"
        )

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        hidden, query = self.stem.compute_output_shape(root_shape)
        self.experts.build(hidden)
        self.gate.build(query, self.experts.compute_output_shape(hidden))

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, query = self.stem(root, training=training)
        experts = self.experts(hidden, training=training)  # (batch, k, units)
        mixture = self.gate(query, experts, training=training)
        return dict.fromkeys(self.tasks, mixture)

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        gates = dict.fromkeys(self.tasks, self.gate)
        sources = [f"s{i + 1}" for i in range(self.experts.num_experts)]
        return [records.matrix("experts", gates, sources)]

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        return dict.fromkeys(self.tasks, (root_shape[0], self.experts.units))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "num_experts": self.experts.num_experts,
            "hidden_units": list(self.experts.hidden_units),
            "stem_units": self.stem.stem_units,
            "root_query": self.stem.root_query,
            "normalization": self.stem.normalization,
            "gate_normalization": self.gate.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }
