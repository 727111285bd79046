"""One level of PLE: experts of each task, shared ones, and their gates."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_names
from mtnas_tf.layers.consumer_gates import consumer_gates
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.gate import Gate
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


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
        self.gate_normalization = gate_normalization
        shared = len(self.tasks)
        # The task that each expert belongs to; `shared` stands after all.
        self.owners = sorted([*range(shared)] * self.num_task_experts)
        self.owners += [shared] * self.num_shared_experts
        self.experts = Experts(
            len(self.owners),
            hidden_units,
            normalization,
            dropout_rate,
            dtype=self.dtype_policy,
            name="experts",
        )
        self.gates = consumer_gates(
            self.tasks, gate_normalization, self.dtype_policy
        )
        self.shared_gate: Any = None
        if mixes_shared:
            self.shared_gate = Gate(
                gate_normalization, dtype=self.dtype_policy, name="shared_gate"
            )

    def build(self, inputs_shape: Shape, queries_shape: Shape) -> None:
        self.experts.build((inputs_shape[0], inputs_shape[-1]))
        query = (queries_shape[0], queries_shape[-1])
        for index, gate in enumerate(self._all_gates()):
            size = (query[0], len(self.read_by(index)), self.experts.units)
            gate.build(query, size)

    def call(
        self, inputs: Tensor, queries: Tensor, training: bool = False
    ) -> Tensor:
        if len(inputs.shape) == 3:
            inputs = ops.stack([inputs[:, o] for o in self.owners], axis=1)
        experts = self.experts(inputs, training=training)
        mixtures = [
            gate(
                queries[:, index] if len(queries.shape) == 3 else queries,
                self._values(index, experts),
                training=training,
            )
            for index, gate in enumerate(self._all_gates())
        ]
        return ops.stack(mixtures, axis=1)

    def read_by(self, index: int) -> list[int]:
        """The experts that a task's gate weighs, or all for the shared one.

        Args:
            index: int. Index of the task; the number of tasks stands for the
                shared gate.
        """
        shared = len(self.tasks)
        return [
            expert
            for expert, owner in enumerate(self.owners)
            if index == shared or owner in (index, shared)
        ]

    def _values(self, index: int, experts: Tensor) -> Tensor:
        """What a gate weighs: `(batch, experts read, units)`."""
        read = self.read_by(index)
        if len(read) == len(self.owners):
            return experts
        return ops.stack([experts[:, e] for e in read], axis=1)

    def _all_gates(self) -> list[Gate]:
        last = [self.shared_gate] if self.mixes_shared else []
        return [*self.gates.values(), *last]

    def compute_output_shape(
        self, inputs_shape: Shape, queries_shape: Shape
    ) -> Shape:
        return (inputs_shape[0], len(self._all_gates()), self.experts.units)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "num_task_experts": self.num_task_experts,
            "num_shared_experts": self.num_shared_experts,
            "mixes_shared": self.mixes_shared,
            "hidden_units": list(self.experts.hidden_units),
            "normalization": self.experts.normalization,
            "gate_normalization": self.gate_normalization,
            "dropout_rate": self.experts.dropout_rate,
        }
