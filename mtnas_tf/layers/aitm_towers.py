"""Towers that pass information along the chains of tasks by attention."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_at_least
from mtnas_tf.data import TaskSpec
from mtnas_tf.layer_name import layer_name
from mtnas_tf.layers.chained_towers import ChainedTowers
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.information_transfer import InformationTransfer
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors


@keras.saving.register_keras_serializable(package="mtnas_tf")
class AITMTowers(ChainedTowers):
    """Each task chooses how much of the task before it to read.

        z_b = InformationTransfer(q_b, z_a)         where b requires a
        p_b = sigmoid(w_b z_b)

    with `q` the outputs of the hidden layers; `z_a = q_a` where a chain begins.
    Other tasks have plain towers. In training a calibrator adds the loss

        calibrator_weight * sum_b mean(max(p_b - p_a, 0))

    over all rows, whether their labels are known or not, because an event is
    not more probable than the one that it requires.

    Args:
        tasks: sequence of `TaskSpec`.
        tower_units: see `Towers`. The last is the width of what is passed on;
            without any it is that of the representations, which must then be
            the same along a chain. Defaults to `(64,)`.
        normalization: see `Towers`. Defaults to `None`.
        dropout_rate: see `Towers`. Defaults to `0.0`.
        calibrator_weight: float >= 0. Defaults to `0.6`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        representations: dict task name -> `(batch, units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> predictions, see `Towers`.

    Example:
    >>> click = mt.data.TaskSpec(name="click")
    >>> buy = mt.data.TaskSpec(name="buy", requires="click")
    >>> towers = mt.layers.AITMTowers([click, buy], tower_units=(8,))
    >>> outputs = towers({"click": np.ones((2, 3)), "buy": np.ones((2, 3))})
    >>> outputs["buy"].shape
    TensorShape([2, 1])

    Reference:
    - [Xi et al., 2021](https://arxiv.org/abs/2105.08489), section 3.
    """

    def __init__(
        self,
        tasks: Sequence[TaskSpec],
        tower_units: Sequence[int] = (64,),
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        calibrator_weight: float = 0.6,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            tasks, tower_units, normalization, dropout_rate, **kwargs
        )
        check_at_least(0, calibrator_weight=calibrator_weight)
        self.calibrator_weight = calibrator_weight
        self.transfers = {
            task: InformationTransfer(
                dtype=self.dtype_policy, name=layer_name("transfer", task)
            )
            for task in self.links
        }

    def build(self, representations_shape: dict[str, Shape]) -> None:
        super().build(representations_shape)
        shapes = dict(representations_shape)
        for task, hidden in self.hidden.items():
            shapes[task] = (shapes[task][0], hidden.units)
        for task, transfer in self.transfers.items():
            transfer.build(shapes[task], shapes[self.links[task]])

    def call(
        self, representations: TaskTensors, training: bool = False
    ) -> TaskTensors:
        hidden = dict(self.hidden_of(representations, training))
        for task, transfer in self.transfers.items():
            hidden[task] = transfer(hidden[task], hidden[self.links[task]])
        predictions: TaskTensors = self.activate(self.logits_of(hidden))
        if training and self.calibrator_weight:
            for task, required in self.links.items():
                excess = ops.relu(predictions[task] - predictions[required])
                self.add_loss(self.calibrator_weight * ops.mean(excess))
        return predictions

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """What a task reads of its own and of what is passed on to it.

        Args:
            records: of passes of this layer, see `GateRecords`.

        Returns:
            one `SharingMatrix`, or none if no task requires another.
        """
        if not self.links:
            return []
        nets = {task.name: f"net of {task.name}" for task in self.tasks}
        in_chains = {*self.links, *self.links.values()}
        reads = {
            task: (nets[required], nets[task])
            for task, required in self.links.items()
        }
        sources = [net for task, net in nets.items() if task in in_chains]
        return [records.matrix("transfer", self.transfers, sources, reads)]

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "calibrator_weight": self.calibrator_weight,
        }
