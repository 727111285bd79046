"""One level of HoME: gated inputs, groups of experts, two gates a mixture."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.layers.expert_groups import ExpertGroups
from mtnas_tf.layers.feature_gates import FeatureGates
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.group_mixtures import GroupMixtures
from mtnas_tf.layers.self_gate import SelfGate
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class HoMELevel(keras.layers.Layer):
    """Mixes groups of experts, and adds what a mixture's own group says.

    Group g reads its input through a feature gate, and mixture c reads the
    experts of the groups `reads[c]`, of which the first is its own:

        e_gi = swish(norm(F_g(x_g) W_gi + b_gi))
        z_c  = sum_k softmax(q_c G_c)_k e_k + sum_i s_ci e_ci

    where `s_c` is the softmax of `q_c S_c`, or its sigmoid if the own group has
    one expert. See `FeatureGates`, `GroupMixtures` and `SelfGate`.

    Args:
        group_sizes: sequence of int > 0, at least one. Experts of each group.
        reads: for each mixture the groups that it reads, as a sequence of
            indices, its own first.
        hidden_units: see `Experts`. Defaults to `(64,)`.
        rank: of the feature gates. Defaults to `8`.
        normalization: see `Experts`. Defaults to `"batch"`.
        gate_normalization: `None` or `"batch"`, see `Gate`. Defaults to
            `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        activation: see `Experts`. Defaults to `"swish"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, input_dim)`, read by all groups, or `(batch,
            num_groups, input_dim)`.
        queries: `(batch, num_mixtures, query_dim)`.
        training: bool. Defaults to `False`.

    Output shape:
        `(batch, num_mixtures, units)`.

    Example:
    >>> level = HoMELevel(group_sizes=(2, 1), reads=[[0, 1]], hidden_units=(5,))
    >>> level(np.ones((4, 3)), np.ones((4, 1, 2))).shape
    TensorShape([4, 1, 5])

    Reference:
    - [Wang et al., 2024](https://arxiv.org/abs/2408.05430).
    """

    def __init__(
        self,
        group_sizes: Sequence[int],
        reads: Sequence[Sequence[int]],
        hidden_units: Sequence[int] = (64,),
        rank: int = 8,
        normalization: str | None = "batch",
        gate_normalization: str | None = None,
        dropout_rate: float = 0.0,
        activation: str = "swish",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        policy = self.dtype_policy
        self.experts = ExpertGroups(
            group_sizes,
            hidden_units,
            normalization,
            dropout_rate,
            activation,
            dtype=policy,
            name="experts",
        )
        self.feature_gates = FeatureGates(
            self.experts.num_groups, rank, dtype=policy, name="feature_gates"
        )
        self.mixtures = GroupMixtures(
            self.experts.group_sizes,
            reads,
            gate_normalization=gate_normalization,
            dtype=policy,
            name="mixtures",
        )
        self.self_gates = [
            SelfGate(dtype=policy, name=f"self_gate_{index}")
            for index in range(self.mixtures.num_mixtures)
        ]

    @property
    def units(self) -> int:
        """Width of the output."""
        return self.experts.units

    def build(self, inputs_shape: Shape, queries_shape: Shape) -> None:
        self.feature_gates.build(inputs_shape)
        inputs_shape = self.feature_gates.compute_output_shape(inputs_shape)
        self.experts.build(inputs_shape)
        experts_shape = self.experts.compute_output_shape(inputs_shape)
        self.mixtures.build(queries_shape, experts_shape)
        batch, _, units = experts_shape
        for gate, groups in zip(
            self.self_gates, self.mixtures.reads, strict=True
        ):
            size = self.experts.group_sizes[groups[0]]
            gate.build((batch, queries_shape[-1]), (batch, size, units))

    def call(
        self, inputs: Tensor, queries: Tensor, training: bool = False
    ) -> Tensor:
        outputs = self.experts(self.feature_gates(inputs), training=training)
        own = [
            gate(queries[:, index], self.experts.of_group(outputs, groups[0]))
            for index, (gate, groups) in enumerate(
                zip(self.self_gates, self.mixtures.reads, strict=True)
            )
        ]
        mixed = self.mixtures(queries, outputs, training=training)
        return mixed + ops.stack(own, axis=1)

    def sharing(
        self,
        records: GateRecords,
        name: str,
        readers: Sequence[str],
        units: Sequence[str],
    ) -> SharingMatrix:
        """What every mixture takes, its self gate's weights included.

        Args:
            records: of passes of this layer.
            name: see `SharingMatrix`.
            readers: names of the mixtures.
            units: names of the groups of experts.
        """
        experts = self.experts.names(units)
        gated = self.mixtures.sharing(records, name, readers, experts)
        weights = gated.weights.copy()
        starts = np.cumsum([0, *self.experts.group_sizes])
        for row, (gate, groups) in enumerate(
            zip(self.self_gates, self.mixtures.reads, strict=True)
        ):
            own = slice(starts[groups[0]], starts[groups[0] + 1])
            weights[row, own] += records.means(gate)
        return dataclasses.replace(
            gated, weights=weights, kind=f"{gated.kind} + self gate"
        )

    def compute_output_shape(
        self, inputs_shape: Shape, queries_shape: Shape
    ) -> Shape:
        return (inputs_shape[0], self.mixtures.num_mixtures, self.units)

    def get_config(self) -> Config:
        config = self.experts.get_config()
        return {
            **super().get_config(),
            "group_sizes": config["group_sizes"],
            "reads": self.mixtures.reads,
            "hidden_units": config["hidden_units"],
            "rank": self.feature_gates.rank,
            "normalization": config["normalization"],
            "gate_normalization": self.mixtures.gate_normalization,
            "dropout_rate": config["dropout_rate"],
            "activation": config["activation"],
        }
