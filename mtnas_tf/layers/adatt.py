"""AdaTT: in every layer, tasks fuse their experts with those of the others."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_names
from mtnas_tf.layer_name import layer_name
from mtnas_tf.layers.expert_groups import ExpertGroups
from mtnas_tf.layers.extraction_network import SHARED
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
    package="mtnas_tf", name="layers.AdaTT"
)
class AdaTT(keras.layers.Layer):
    """Each task has experts in every layer, and fuses all with its own again.

    A unit u is a task, or the one unit that tasks share. From `f_u^0 = x`:

        e_ui^l = relu(f_u^(l-1) W_ui + b_ui)
        f_u^l = sum_vi softmax(f_u^(l-1) G_u^l)_vi e_vi^l + sum_i a_ui^l e_ui^l
        h_t = f_t^L

    The first sum is over the experts of all units. The weights `a` of a unit's
    own experts do not depend on the row; they are 1, and not learned, if every
    unit has one expert. In the last layer the shared unit supplies experts and
    fuses nothing.

    Differs from the paper in: gates have no bias, which its code adds.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_task_experts: int > 0. Experts of a task in a layer. Defaults to
            `1`.
        num_shared_experts: int >= 0. Experts of the shared unit in a layer; 0
            for no such unit, which the paper calls AdaTT-sp. Defaults to `1`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        stem_units: see `Stem`. Defaults to `None`.
        root_query: `"features"` or `"stem"`: what gates of the first layer look
            at. Defaults to `"features"`.
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

    Of a single task, without a shared unit and with `a = 0`, a layer is `MMoE`.

    Example:
    >>> body = mt.layers.AdaTT(["click", "like"], hidden_units=(5,))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Li et al., 2023](https://arxiv.org/abs/2304.04959), section 3.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        num_layers: int = 2,
        num_task_experts: int = 1,
        num_shared_experts: int = 1,
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
        check_ints(num_layers=num_layers, num_task_experts=num_task_experts)
        check_ints(0, num_shared_experts=num_shared_experts)
        check_choices(
            GATE_NORMALIZATIONS, gate_normalization=gate_normalization
        )
        self.tasks = tuple(tasks)
        self.num_layers = num_layers
        self.num_task_experts = num_task_experts
        self.num_shared_experts = num_shared_experts
        self.gate_normalization = gate_normalization
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        sizes = [num_task_experts] * len(self.tasks)
        sizes += [num_shared_experts] * (num_shared_experts > 0)
        self.stem = Stem(stem_units, root_query, name="stem", **base)
        self.experts = [
            ExpertGroups(sizes, hidden_units, name=f"layer_{layer}", **base)
            for layer in range(1, num_layers + 1)
        ]
        self.gates = {
            fusion: Gate(
                gate_normalization,
                dtype=self.dtype_policy,
                name=f"gate_{fusion}",
            )
            for layer in range(num_layers)
            for fusion in self._fusions(layer)
        }
        self.own_weights: dict[str, keras.Variable] = {}

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        shape, query = self.stem.compute_output_shape(root_shape)
        for layer, experts in enumerate(self.experts):
            experts.build(shape)
            outputs = experts.compute_output_shape(shape)
            for unit, fusion in enumerate(self._fusions(layer)):
                self.gates[fusion].build(query, outputs)
                self._add_own_weights(fusion, experts.group_sizes[unit])
            query = (shape[0], experts.units)
            shape = (shape[0], experts.num_groups, experts.units)

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, query = self.stem(root, training=training)
        queries = [query] * self.experts[0].num_groups
        for layer, experts in enumerate(self.experts):
            outputs = experts(hidden, training=training)
            fused = []
            for unit, fusion in enumerate(self._fusions(layer)):
                gate = self.gates[fusion]
                of_all = gate(queries[unit], outputs, training=training)
                of_own = self._own(fusion, experts.of_group(outputs, unit))
                fused.append(of_all + of_own)
            queries, hidden = fused, ops.stack(fused, axis=1)
        return dict(zip(self.tasks, fused, strict=True))

    def _fusions(self, layer: int) -> list[str]:
        """Names of what the units make in a layer, the shared unit's last."""
        names = [layer_name(f"{layer + 1}", task) for task in self.tasks]
        if self.num_shared_experts and layer < self.num_layers - 1:
            names.append(f"shared_{layer + 1}")  # tasks' begin with a number
        return names

    def _add_own_weights(self, fusion: str, size: int) -> None:
        if {self.num_task_experts, self.num_shared_experts} <= {0, 1}:
            return
        limit = size**-0.5
        self.own_weights[fusion] = self.add_weight(
            shape=(size,),
            initializer=keras.initializers.RandomUniform(-limit, limit),
            name=f"own_weights_{fusion}",
        )

    def _own(self, fusion: str, experts: Tensor) -> Tensor:
        """Weighted sum of a unit's own experts: `(batch, units)`."""
        if not self.own_weights:
            return experts[:, 0, :]
        return ops.sum(self.own_weights[fusion][:, None] * experts, axis=1)

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        return [
            self._matrix(records, layer) for layer in range(self.num_layers)
        ]

    def _matrix(self, records: GateRecords, layer: int) -> SharingMatrix:
        """Gates, and the fixed weights of a unit's own experts on top."""
        experts, units = self.experts[layer], [*self.tasks, SHARED]
        names = experts.names(units[: experts.num_groups])
        fusions = self._fusions(layer)
        gates = {
            unit: self.gates[fusion]
            for unit, fusion in zip(units, fusions, strict=False)
        }
        gated = records.matrix(
            f"layer {layer + 1}", gates, list(itertools.chain(*names))
        )
        weights = gated.weights.copy()
        starts = np.cumsum([0, *experts.group_sizes])
        for row, fusion in enumerate(fusions):
            own = ops.convert_to_numpy(self.own_weights.get(fusion, 1.0))
            weights[row, starts[row] : starts[row + 1]] += own
        return dataclasses.replace(
            gated, weights=weights, kind=f"{gated.kind} + own weight"
        )

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        shape = (root_shape[0], self.experts[-1].units)
        return dict.fromkeys(self.tasks, shape)

    def get_config(self) -> Config:
        config = self.experts[0].get_config()
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "num_layers": self.num_layers,
            "num_task_experts": self.num_task_experts,
            "num_shared_experts": self.num_shared_experts,
            "hidden_units": config["hidden_units"],
            "stem_units": self.stem.stem_units,
            "root_query": self.stem.root_query,
            "normalization": config["normalization"],
            "gate_normalization": self.gate_normalization,
            "dropout_rate": config["dropout_rate"],
        }
