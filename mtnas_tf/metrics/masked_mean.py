"""Base of the metrics that are means over rows.

`mean = sum_i w_i v_i / sum_i w_i` over the rows whose label is not NaN.
"""

import keras
from keras import ops

from mtnas_tf.types import Config
from mtnas_tf.types import Tensor


class MaskedMean(keras.metrics.Metric):
    """Weighted mean, over batches, of a value of the rows that have a label.

    A row whose label is NaN or whose weight is 0 does not count, whatever its
    prediction. Works inside a compiled step. Sums are float64; NaN,
    not 0, as long as no row counts.

    A subclass implements `values(labels, predictions)`, the value of each row.

    Args:
        name: string or None. Name of the metric. Defaults to `None`, a name
            made from the class.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, NaN where missing.
        y_pred: `(batch,)` or `(batch, 1)`.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float64")
        self.total = self.add_sum("total")
        self.weight = self.add_sum("weight")

    def add_sum(self, name: str) -> Tensor:
        """A variable that sums up what batches add to it."""
        return self.add_variable((), "zeros", dtype=self.dtype, name=name)

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None
    ) -> None:
        labels = _column("y_true", y_true)
        weights = ops.ones_like(labels)
        if sample_weight is not None:
            weights = _column("sample_weight", sample_weight)
        counts = ops.logical_and(
            ops.logical_not(ops.isnan(labels)), weights != 0
        )
        self.update_sums(
            ops.where(counts, labels, 0.0),
            ops.where(counts, _column("y_pred", y_pred), 0.0),
            ops.where(counts, weights, 0.0),
        )

    def update_sums(
        self, labels: Tensor, predictions: Tensor, weights: Tensor
    ) -> None:
        """Adds a batch; masked rows are 0 in all of its arrays."""
        values = self.values(labels, predictions)
        self.total.assign_add(ops.sum(weights * values))
        self.weight.assign_add(ops.sum(weights))

    def values(self, labels: Tensor, predictions: Tensor) -> Tensor:
        raise NotImplementedError

    def result(self) -> Tensor:
        return ratio(self.total, self.weight)

    def get_config(self) -> Config:
        return {"name": self.name}


def ratio(total: Tensor, count: Tensor) -> Tensor:
    """The quotient, NaN where the denominator is 0."""
    is_defined = count != 0
    quotient = total / ops.where(is_defined, count, 1.0)
    return ops.where(is_defined, quotient, float("nan"))


def _column(name: str, values: Tensor) -> Tensor:
    values = ops.convert_to_tensor(values, dtype="float64")
    if tuple(values.shape[1:]) not in ((), (1,), (None,)):
        raise ValueError(
            f"`{name}` must have the shape (batch,) or (batch, 1). "
            f"Received: {name}.shape={tuple(values.shape)}"
        )
    return ops.reshape(values, (-1,))
