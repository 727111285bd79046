"""Base of the masked losses.

`loss = sum_i w_i l_i / sum_i w_i` over the rows whose label is not NaN.
"""

from typing import Self

import keras
from keras import ops

from mtnas_tf.data.task_spec import TaskSpec
from mtnas_tf.losses.tower_outputs import tower_outputs_of
from mtnas_tf.types import Config
from mtnas_tf.types import Tensor


class MaskedLoss(keras.losses.Loss):
    """Weighted mean of a loss over the rows that have a label.

    A label that is NaN is missing: its row adds nothing to the loss, and its
    gradient is exactly zero, whatever the prediction. Without any label, or
    with zero weights only, the loss is 0. A number that is no label of the
    task's kind makes the loss NaN, unless its weight is 0, and so does a
    negative weight: a compiled step cannot raise. Computes in float32.

    A subclass implements `call(y_true, y_pred)`, the loss of each row from its
    prediction, and `of_tower_outputs(y_true, outputs)`, the same from the
    output of a tower, which comes with the predictions of a model, see
    `with_tower_outputs`. Both see 0 in all arrays where the label is missing.
    It overrides `are_labels` where not every finite number is a label.

    Args:
        name: string or None. Name of the loss. Defaults to `None`, a name
            made from the class.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, NaN where missing.
        y_pred: `(batch,)` or `(batch, 1)`.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.

    Output shape:
        `()`.
    """

    is_of_logits = False  # what `of_tower_outputs` takes are Keras's logits

    def __init__(self, name: str | None = None) -> None:
        super().__init__(
            name=name, reduction="mean_with_sample_weight", dtype="float32"
        )
        self._mean = _WeightedMean()

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None
    ) -> Tensor:
        losses, weights = self.row_losses(y_true, y_pred, sample_weight)
        return self._mean(losses, losses, weights)

    def row_losses(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None
    ) -> tuple[Tensor, Tensor]:
        """The loss of each row, and its weight.

        Args:
            y_true: see the class.
            y_pred: see the class.
            sample_weight: see the class. Defaults to `None`, 1 each.

        Returns:
            `(losses, weights)`, float32 `(rows,)`: the weight is 0 where the
            label is missing.
        """
        outputs = tower_outputs_of(y_pred, self.is_of_logits)
        losses_of = self.call if outputs is None else self.of_tower_outputs
        y_pred = self.rows(y_pred if outputs is None else outputs)
        y_true = _rows(y_true)
        weights = 1.0 if sample_weight is None else _rows(sample_weight)
        is_observed = ops.logical_not(ops.isnan(y_true))
        weights = ops.where(is_observed, weights, 0.0)
        weights = ops.where(weights < 0, float("nan"), weights)
        is_label = self.are_labels(y_true, y_pred)
        is_wrong = ops.logical_and(weights != 0, ops.logical_not(is_label))
        # The inputs are replaced, not the losses alone: a gradient that is
        # infinite or NaN stays NaN when it is multiplied by a zero weight.
        y_true = ops.where(is_label, y_true, 0.0)
        has_label = ops.reshape(
            is_observed, (-1, *[1 for _ in y_pred.shape[1:]])
        )
        losses = losses_of(y_true, ops.where(has_label, y_pred, 0.0))
        return ops.where(is_wrong, float("nan"), losses), weights

    def are_labels(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Which numbers may be labels: bool `(rows,)`, False for NaN.

        Args:
            y_true: float32 `(rows,)`.
            y_pred: as `rows` returns it.
        """
        return ops.isfinite(y_true)

    @classmethod
    def for_task(cls, task: TaskSpec) -> Self:
        """A new loss of a task.

        Args:
            task: `TaskSpec`.
        """
        return cls()

    def of_tower_outputs(self, y_true: Tensor, outputs: Tensor) -> Tensor:
        raise NotImplementedError

    def rows(self, y_pred: Tensor) -> Tensor:
        """Predictions or tower outputs, flattened to `(rows,)`."""
        return _rows(y_pred)

    def get_config(self) -> Config:
        return {"name": self.name}


class _WeightedMean(keras.losses.Loss):
    """Keras' mean by sample weight, of the losses of rows."""

    def __init__(self) -> None:
        super().__init__(
            name="weighted_mean",
            reduction="mean_with_sample_weight",
            dtype="float32",
        )

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return y_pred


def _rows(values: Tensor) -> Tensor:
    values = ops.convert_to_tensor(values, dtype="float32")
    return ops.reshape(values, (-1,))
