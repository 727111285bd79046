"""One level of PLE: experts of each task, shared ones, and their gates."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_names
from mtnas_tf.layers.expert_groups import ExpertGroups
from mtnas_tf.layers.gate import Gate
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.group_mixtures import GroupMixtures
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

SHARED = "(shared)"  # the unit that no task owns


@keras.saving.register_keras_serializable(package="mtnas_tf")
class ExtractionNetwork(keras.layers.Layer):
    """Mixes each task's own experts with the shared ones, and all of them.

        g_t = sum_i softmax(q_t G_t)_i S_t,i    S_t: experts of t, then shared
        g_s = sum_i softmax(q_s G_s)_i S_i      S: all experts of the level

    Args:
        tasks: sequence of task names.
        num_task_experts: int >= 0. Experts of each task. Defaults to `1`.
        num_shared_experts: int > 0. Defaults to `1`.
        mixes_shared: bool. Whether to compute `g_s`, which only the shared
            experts of a next level read. Defaults to `True`.
        hidden_units: see `Experts`. Defaults to `(64,)`.
        normalization: see `Experts`. Defaults to `None`.
        gate_normalization: `None` or `"batch"`, see `Gate`. Defaults to
            `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, input_dim)`, read by all experts, or `(batch, tasks +
            1, input_dim)`: what each task's experts read, then what the shared
            ones read.
        queries: `(batch, query_dim)`, or `(batch, tasks + 1, query_dim)`: what
            the gates look at.
        training: bool. Defaults to `False`.

    Output shape:
        `(batch, tasks, units)`, with a last row more for `g_s`.

    Example:
    >>> level = ExtractionNetwork(["click", "like"], hidden_units=(5,))
    >>> level(np.ones((2, 3)), np.ones((2, 4))).shape
    TensorShape([2, 3, 5])

    Reference:
    - [Tang et al., 2020](https://doi.org/10.1145/3383313.3412236), 4.1-4.2.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        num_task_experts: int = 1,
        num_shared_experts: int = 1,
        mixes_shared: bool = True,
        hidden_units: Sequence[int] = (64,),
        normalization: str | None = None,
        gate_normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_names(tasks=tasks)
        check_ints(0, num_task_experts=num_task_experts)
        check_ints(num_shared_experts=num_shared_experts)
        check_bools(mixes_shared=mixes_shared)
        self.tasks = tuple(tasks)
        self.num_task_experts = int(num_task_experts)
        self.num_shared_experts = int(num_shared_experts)
        self.mixes_shared = mixes_shared
        shared = len(self.tasks)
        sizes = [self.num_task_experts] * shared + [self.num_shared_experts]
        # The tasks that have experts of their own, then the shared unit.
        self.owners = [unit for unit, size in enumerate(sizes) if size]
        sizes = [sizes[unit] for unit in self.owners]
        reads = [
            [
                group
                for group, owner in enumerate(self.owners)
                if unit == shared or owner in (unit, shared)
            ]
            for unit in range(shared + mixes_shared)
        ]
        self.experts = ExpertGroups(
            sizes,
            hidden_units,
            normalization,
            dropout_rate,
            dtype=self.dtype_policy,
            name="experts",
        )
        self.mixtures = GroupMixtures(
            sizes,
            reads,
            gate_normalization=gate_normalization,
            dtype=self.dtype_policy,
            name="mixtures",
        )

    @property
    def gates(self) -> dict[str, Gate]:
        """The gate of each task."""
        return dict(zip(self.tasks, self.mixtures.gates, strict=False))

    @property
    def shared_gate(self) -> Gate | None:
        """The gate over all experts, if there is one."""
        gate: Gate | None = self.mixtures.gates[-1]
        return gate if self.mixes_shared else None

    def build(self, inputs_shape: Shape, queries_shape: Shape) -> None:
        self.experts.build(inputs_shape)
        experts_shape = self.experts.compute_output_shape(inputs_shape)
        self.mixtures.build(queries_shape, experts_shape)

    def call(
        self, inputs: Tensor, queries: Tensor, training: bool = False
    ) -> Tensor:
        if len(inputs.shape) == 3:
            inputs = ops.take(inputs, self.owners, axis=1)
        count = self.mixtures.num_mixtures
        if len(queries.shape) == 2:
            queries = ops.repeat(queries[:, None], count, axis=1)
        experts = self.experts(inputs, training=training)
        mixed: Tensor = self.mixtures(
            queries[:, :count], experts, training=training
        )
        return mixed

    def sharing(
        self, records: GateRecords, name: str = "experts"
    ) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
            name: see `SharingMatrix`. Defaults to `"experts"`.
        """
        units = [*self.tasks, SHARED]
        experts = self.experts.names([units[owner] for owner in self.owners])
        readers = units[: self.mixtures.num_mixtures]
        return [self.mixtures.sharing(records, name, readers, experts)]

    def compute_output_shape(
        self, inputs_shape: Shape, queries_shape: Shape
    ) -> Shape:
        return (
            inputs_shape[0],
            self.mixtures.num_mixtures,
            self.experts.units,
        )

    def get_config(self) -> Config:
        experts = self.experts.get_config()
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "num_task_experts": self.num_task_experts,
            "num_shared_experts": self.num_shared_experts,
            "mixes_shared": self.mixes_shared,
            "hidden_units": experts["hidden_units"],
            "normalization": experts["normalization"],
            "gate_normalization": self.mixtures.gate_normalization,
            "dropout_rate": experts["dropout_rate"],
        }
