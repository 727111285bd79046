"""Networks of all tasks whose stacked weights are factorized tensors."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.arguments import check_names
from mtnas_tf.arguments import check_widths
from mtnas_tf.layers.factorized_bank import FactorizedBank
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.stem import Stem
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.TensorFactorized"
)
class TensorFactorized(keras.layers.Layer):
    """A network for each task, whose kernels share factors layer by layer.

    From `h_t^0 = x`, in layer l of task t:

        h_t^l = relu(h_t^(l-1) W_t^l + b_t^l)

    where the kernels `W_t^l` of all tasks, stacked, are one tensor of low rank;
    see `FactorizedBank`. How much tasks share is learned, in each layer.

    Differs from the paper in: ranks are arguments, and factors are drawn at
    random; the paper reads both off a decomposition of networks that were
    trained for each task.

    Args:
        tasks: sequence of task names.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers, beside a stem. Defaults to `(64,)`.
        kind: `"tucker"` or `"tt"` (tensor train). Defaults to `"tucker"`.
        rank: int > 0, or `None` for full rank. Of inputs and units. Defaults to
            `16`.
        task_rank: int > 0, or `None` for full rank. Of tasks; at 1 the kernels
            of tasks are multiples of one another. Defaults to `None`.
        stem_units: see `Stem`. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Of full rank it can be any `SharedBottom` for each task on one root feature.

    Example:
    >>> body = mt.layers.TensorFactorized(["click", "like"], hidden_units=(5,))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Yang and Hospedales, 2017](https://arxiv.org/abs/1605.06391), section 3.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        hidden_units: Sequence[int] = (64,),
        kind: str = "tucker",
        rank: int | None = 16,
        task_rank: int | None = None,
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_names(tasks=tasks)
        check_widths(1, hidden_units=hidden_units)
        self.tasks = tuple(tasks)
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, name="stem", **base)
        self.banks = [
            FactorizedBank(
                len(self.tasks),
                int(units),
                kind,
                rank,
                task_rank,
                name=f"layer_{layer}",
                **base,
            )
            for layer, units in enumerate(hidden_units, start=1)
        ]

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        shape, _ = self.stem.compute_output_shape(root_shape)
        for bank in self.banks:
            bank.build(shape)
            shape = bank.compute_output_shape(shape)

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, _ = self.stem(root, training=training)
        for bank in self.banks:
            hidden = bank(hidden, training=training)  # (batch, tasks, units)
        return {task: hidden[:, i] for i, task in enumerate(self.tasks)}

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """What kernels have in common, see `FactorizedBank.common_parts`.

        Args:
            records: of passes of this layer; kernels do not depend on rows.
        """
        parts = [bank.common_parts() for bank in self.banks]
        return [
            SharingMatrix(
                f"layer {number}",
                self.tasks,
                [f"part {i + 1}" for i in range(own.shape[1])],
                own,
                "coefficient of the kernel",
            )
            for number, own in enumerate(parts, start=1)
        ]

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        return dict.fromkeys(self.tasks, (root_shape[0], self.banks[-1].units))

    def get_config(self) -> Config:
        first = self.banks[0]
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "hidden_units": [bank.units for bank in self.banks],
            "kind": first.kind,
            "rank": first.rank,
            "task_rank": first.task_rank,
            "stem_units": self.stem.stem_units,
            "normalization": first.normalization,
            "dropout_rate": first.dropout_rate,
        }
