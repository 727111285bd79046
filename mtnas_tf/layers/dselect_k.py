"""DSelect-k: every task ends with at most k of the experts."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_names
from mtnas_tf.layer_name import layer_name
from mtnas_tf.layers.dselect_k_example_gate import DSelectKExampleGate
from mtnas_tf.layers.dselect_k_gate import DSelectKGate
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.stem import Stem
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.DSelectK"
)
class DSelectK(keras.layers.Layer):
    """Experts shared by all tasks, of which every task selects at most k.

        e_i = relu(x W_i + b_i)
        h_t = sum_i q_ti e_i,  q_t = sum_j softmax(w_t)_j r(z_tj)

    See `DSelectKGate`: its selectors j = 1..k end with one expert each, which
    gradients find, and not a search. In training every task's gate adds its
    penalty to the loss.

    Args:
        tasks: sequence of task names.
        num_experts: int > 0. Defaults to `4`.
        num_selected: int > 0. The k. Defaults to `2`.
        per_example: bool. Whether every example has a selection of its own, see
            `DSelectKExampleGate`. Defaults to `False`.
        gamma: see `DSelectKGate`. Defaults to `1.0`.
        entropy_weight: see `DSelectKGate`. Defaults to `1e-6`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        stem_units: see `Stem`. Defaults to `None`.
        root_query: `"features"` or `"stem"`: what gates by example look at.
            Defaults to `"features"`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    With one expert this is `SharedBottom`.

    Example:
    >>> body = mt.layers.DSelectK(["click", "like"], hidden_units=(8, 5))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Hazimeh et al., 2021](https://arxiv.org/abs/2106.03760), section 3.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        num_experts: int = 4,
        num_selected: int = 2,
        per_example: bool = False,
        gamma: float = 1.0,
        entropy_weight: float = 1e-6,
        hidden_units: Sequence[int] = (64,),
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_names(tasks=tasks)
        check_bools(per_example=per_example)
        self.per_example = per_example
        self.selection = {
            "num_selected": num_selected,
            "gamma": gamma,
            "entropy_weight": entropy_weight,
        }
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, root_query, name="stem", **base)
        self.experts = Experts(
            num_experts, hidden_units, name="experts", **base
        )
        gate: type = DSelectKExampleGate if per_example else DSelectKGate
        self.gates = {
            task: gate(
                **self.selection,
                dtype=self.dtype_policy,
                name=layer_name("gate", task),
            )
            for task in tasks
        }

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        hidden, query = self.stem.compute_output_shape(root_shape)
        self.experts.build(hidden)
        values = self.experts.compute_output_shape(hidden)
        for gate in self.gates.values():
            gate.build(*self._gate_inputs(query, values))

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, query = self.stem(root, training=training)
        experts = self.experts(hidden, training=training)  # (batch, k, units)
        inputs = self._gate_inputs(query, experts)
        return {
            task: gate(*inputs, training=training)
            for task, gate in self.gates.items()
        }

    def _gate_inputs(self, query: Tensor, values: Tensor) -> tuple[Tensor, ...]:
        return (query, values) if self.per_example else (values,)

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        sources = [f"s{i + 1}" for i in range(self.experts.num_experts)]
        return [records.matrix("experts", self.gates, sources)]

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        return dict.fromkeys(self.gates, (root_shape[0], self.experts.units))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.gates),
            "num_experts": self.experts.num_experts,
            **self.selection,
            "per_example": self.per_example,
            "hidden_units": list(self.experts.hidden_units),
            "stem_units": self.stem.stem_units,
            "root_query": self.stem.root_query,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }
