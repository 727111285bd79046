"""What the masked losses share: missing labels, weights, reduction.

`loss = sum_i w_i l_i / sum_i w_i` over the rows whose label is not NaN.
"""

from typing import Any

import keras
from keras import ops


class MaskedLoss(keras.losses.Loss):
    """Weighted mean of a loss over the rows that have a label.

    A label that is NaN is missing: its row adds nothing to the loss, and its
    gradient is exactly zero, whatever the prediction. Without any label, or
    with zero weights only, the loss is 0. Computes in float32.

    A subclass implements `call(y_true, y_pred)`, the loss of each row; it
    sees 0 for both where the label is missing.

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

    def __init__(self, name: str | None = None) -> None:
        super().__init__(
            name=name, reduction="mean_with_sample_weight", dtype="float32"
        )

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> Any:
        y_true = _rows(y_true)
        y_pred = _rows(y_pred)
        weights = 1.0 if sample_weight is None else _rows(sample_weight)
        is_observed = ops.logical_not(ops.isnan(y_true))
        # The inputs are replaced, not the losses alone: a gradient that is
        # infinite or NaN stays NaN when it is multiplied by a zero weight.
        return super().__call__(
            ops.where(is_observed, y_true, 0.0),
            ops.where(is_observed, y_pred, 0.0),
            ops.where(is_observed, weights, 0.0),
        )

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


def _rows(values: Any) -> Any:
    values = ops.convert_to_tensor(values, dtype="float32")
    return ops.reshape(values, (-1,))
