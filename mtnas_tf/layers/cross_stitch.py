"""Cross-stitch networks: one network a task, mixed after every layer."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.arguments import check_names
from mtnas_tf.layers.cross_stitch_unit import CrossStitchUnit
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.stem import Stem
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.CrossStitch"
)
class CrossStitch(keras.layers.Layer):
    """A network for each task, whose hidden layers read each other.

        x_t^l = relu(z_t^(l-1) W_t^l + b_t^l),  z_t^0 = root
        z_t^l = sum_s a_ts^l x_s^l
        h_t = z_t^L

    In the paper the networks start from trained networks of single tasks; here
    they start anew, and are trained with the rest of the model.

    Args:
        tasks: sequence of task names.
        hidden_units: sequence of int > 0, at least one. Widths of the hidden
            layers, each of which a `CrossStitchUnit` follows. Defaults to
            `(64,)`.
        own_weight: see `CrossStitchUnit`. Defaults to `0.9`.
        per_channel: see `CrossStitchUnit`. Defaults to `False`.
        stitch_rate: see `CrossStitchUnit`. Defaults to `10.0`.
        stem_units: see `Stem`. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`, read by all networks.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    With `a` the identity nothing but the root is shared.

    Example:
    >>> body = mt.layers.CrossStitch(["click", "like"], hidden_units=(8, 5))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Misra et al., 2016](https://arxiv.org/abs/1604.03539), section 3.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        hidden_units: Sequence[int] = (64,),
        own_weight: float = 0.9,
        per_channel: bool = False,
        stitch_rate: float = 10.0,
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_names(tasks=tasks)
        self.tasks = tuple(tasks)
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, name="stem", **base)
        self.networks = Experts(
            len(self.tasks), hidden_units, name="networks", **base
        )
        self.stitches = [
            CrossStitchUnit(
                own_weight,
                per_channel,
                stitch_rate,
                dtype=self.dtype_policy,
                name=f"stitch_{depth}",
            )
            for depth, _ in enumerate(self.networks.banks, start=1)
        ]

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        shape, _ = self.stem.compute_output_shape(root_shape)
        self.networks.build(shape)
        for bank, stitch in zip(
            self.networks.banks, self.stitches, strict=True
        ):
            shape = bank.compute_output_shape(shape)
            stitch.build(shape)

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, _ = self.stem(root, training=training)
        for bank, stitch in zip(
            self.networks.banks, self.stitches, strict=True
        ):
            hidden = stitch(bank(hidden, training=training))
        return {task: hidden[:, index] for index, task in enumerate(self.tasks)}

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        return [
            SharingMatrix(
                f"layer {number}",
                self.tasks,
                [f"net of {task}" for task in self.tasks],
                stitch.mean_mixing(),
                "mixing weight",
            )
            for number, stitch in enumerate(self.stitches, start=1)
        ]

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        return dict.fromkeys(self.tasks, (root_shape[0], self.networks.units))

    def get_config(self) -> Config:
        stitch = self.stitches[0]
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "hidden_units": list(self.networks.hidden_units),
            "own_weight": stitch.own_weight,
            "per_channel": stitch.per_channel,
            "stitch_rate": stitch.stitch_rate,
            "stem_units": self.stem.stem_units,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }
