"""Towers with residual connections along the chains of tasks."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.data import TaskSpec
from mtnas_tf.layers.chained_towers import ChainedTowers
from mtnas_tf.types import TaskTensors


@keras.saving.register_keras_serializable(package="mtnas_tf")
class ResFlowTowers(ChainedTowers):
    """Each layer of a later task's tower adds that of the earlier one.

        h_b^l = f_b^l(h_b^{l-1}) + h_a^l        where b requires a
        z_b = w_b h_b^L + z_a

    with hidden layers `f` and logits `z`: the tower of `b` learns what remains
    to be told when `a` is known. Other tasks have plain towers.

    Args:
        tasks: sequence of `TaskSpec`.
        tower_units: see `Towers`. Without hidden layers only logits are added.
            Defaults to `(64,)`.
        normalization: see `Towers`. Defaults to `None`.
        dropout_rate: see `Towers`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        representations: dict task name -> `(batch, units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> predictions, see `Towers`.

    Example:
    >>> click = mt.data.TaskSpec(name="click")
    >>> buy = mt.data.TaskSpec(name="buy", requires="click")
    >>> towers = mt.layers.ResFlowTowers([click, buy], tower_units=(8, 4))
    >>> outputs = towers({"click": np.ones((2, 3)), "buy": np.ones((2, 3))})
    >>> outputs["buy"].shape
    TensorShape([2, 1])

    Reference:
    - [Fu et al., 2024](https://arxiv.org/abs/2411.09705), section 3.
    """

    def __init__(
        self,
        tasks: Sequence[TaskSpec],
        tower_units: Sequence[int] = (64,),
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            tasks, tower_units, normalization, dropout_rate, **kwargs
        )

    def call(
        self, representations: TaskTensors, training: bool = False
    ) -> TaskTensors:
        layer = dict(representations)
        for depth in range(len(self.tower_units)):
            for task, hidden in self.hidden.items():
                bank = hidden.banks[depth]
                layer[task] = bank(layer[task], training=training)[:, 0, :]
            self._add_earlier(layer)
        logits = self.logits_of(layer)
        self._add_earlier(logits)
        predictions: TaskTensors = self.activate(logits)
        return predictions

    def _add_earlier(self, values: TaskTensors) -> None:
        for task, required in self.links.items():
            values[task] = values[task] + values[required]
