"""Squared error of a regression task with missing labels."""

from typing import Self

import keras
from keras import ops

from mtnas_tf.arguments import check_positive
from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.losses.masked_loss import MaskedLoss
from mtnas_tf.types import Config
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MaskedMeanSquaredError(MaskedLoss):
    """Mean squared error over the observed labels, in units of a variance.

        l = ((y - y_hat) / scale)^2

    The weighted mean over the rows whose label is not NaN; 0, with a zero
    gradient, when there is none; NaN with an infinite label. Computes in
    float32.

    The predictions of a model of the library come with the outputs of its
    towers, which are in these units: a large mean costs no precision.

    Args:
        mean: float. Mean of the labels, see `TaskSpec`. Defaults to `0.0`.
        scale: float > 0. Deviation of the labels. Defaults to `1.0`.
        name: string. Name of the loss. Defaults to
            `"masked_mean_squared_error"`.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, NaN where missing.
        y_pred: `(batch,)` or `(batch, 1)`.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.

    Output shape:
        `()`.

    Example:
    >>> float(MaskedMeanSquaredError()([2.0, float("nan")], [5.0, 0.0]))
    9.0
    """

    def __init__(
        self,
        mean: float = 0.0,
        scale: float = 1.0,
        name: str = "masked_mean_squared_error",
    ) -> None:
        super().__init__(name=name)
        check_positive(scale=scale)
        self.mean = mean
        self.scale = scale

    @classmethod
    def for_task(cls, task: TaskSpec) -> Self:
        return cls(task.mean, task.scale)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return ops.square((y_true - y_pred) / self.scale)

    def of_tower_outputs(self, y_true: Tensor, outputs: Tensor) -> Tensor:
        return ops.square((y_true - self.mean) / self.scale - outputs)

    def get_config(self) -> Config:
        return {**super().get_config(), "mean": self.mean, "scale": self.scale}
