"""Base of the metrics that need all rows at once."""

import dataclasses

import keras
import numpy as np

from mtnas_tf.metrics.binary_rows import binary_rows
from mtnas_tf.types import Array
from mtnas_tf.types import Config


class RowMetric(keras.metrics.Metric):
    """A metric of a binary task that cannot be averaged over batches.

    Ranks and quantiles need all rows: they are kept in the memory of the host,
    compactly. A row takes 1 byte for its label and 4 for a score of float32 or
    less (8 if float64), as many again for a weight if any batch has weights;
    a row without label or with weight 0 takes none. Each metric tells how
    much more memory `result` needs for a moment.

    Updated with arrays or eager tensors, never inside a compiled step. Given to
    `compile` of a model of the library, it is part of what `evaluate` returns,
    not of what a training step logs.

    A subclass implements `result`, from `rows`.

    Args:
        name: string or None. Name of the metric. Defaults to `None`, a name
            made from the class.

    Call arguments:
        y_true: `(batch,)` or `(batch, 1)`, 0 or 1, NaN where missing.
        y_pred: `(batch,)` or `(batch, 1)`.
        sample_weight: `(batch,)` or `(batch, 1)`, or None for 1 each.

    Example:
    >>> class MeanRank(mt.metrics.RowMetric):
    ...     def result(self):
    ...         is_positive, scores, _ = self.rows()
    ...         return scores.argsort().argsort()[is_positive].mean()
    >>> metric = MeanRank()
    >>> metric.update_state([0, 1], [0.2, 0.9])
    >>> metric.update_state([1, 0], [0.7, 0.8])
    >>> float(metric.result())
    2.0
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32")
        self._batches = _Batches()

    def update_state(
        self, y_true: Array, y_pred: Array, sample_weight: Array = None
    ) -> None:
        self.keep(y_true, y_pred, sample_weight)

    def result(self) -> Array:
        raise NotImplementedError

    def reset_state(self) -> None:
        self._batches = _Batches()

    def keep(
        self, labels: Array, scores: Array, weights: Array, *columns: np.ndarray
    ) -> None:
        """Adds the observed rows of a batch, and their columns."""
        labels, scores = _values(labels), _values(scores)
        weights = None if weights is None else _values(weights)
        is_positive, kept, kept_weights, *rest = binary_rows(
            labels, scores, weights, *columns
        )
        batch = [is_positive, kept.astype(_float_type(scores)), *rest]
        self._batches.columns.append(batch)
        self._batches.weights.append(
            None
            if weights is None
            else kept_weights.astype(_float_type(weights))
        )

    def rows(self) -> tuple[Array, ...]:
        """All rows kept: `(is_positive, scores, weights, *columns)`.

        `weights` is None if no batch had any. Without a batch, all are empty.
        """
        batches = self._batches
        if not batches.columns:
            return np.zeros(0, bool), np.zeros(0, np.float32), None
        is_positive, scores, *columns = (
            np.concatenate(parts)
            for parts in zip(*batches.columns, strict=True)
        )
        if all(weights is None for weights in batches.weights):
            return is_positive, scores, None, *columns
        weights = np.concatenate(
            [
                np.ones(len(batch[0]), np.float32) if part is None else part
                for part, batch in zip(
                    batches.weights, batches.columns, strict=True
                )
            ]
        )
        return is_positive, scores, weights, *columns

    def get_config(self) -> Config:
        return {"name": self.name}


@dataclasses.dataclass
class _Batches:
    """Rows, batch by batch; an object, because Keras tracks lists."""

    columns: list[Array] = dataclasses.field(default_factory=list)
    weights: list[np.ndarray | None] = dataclasses.field(default_factory=list)


def _values(tensor: Array) -> np.ndarray:
    try:
        return np.asarray(tensor)
    except NotImplementedError as error:
        raise ValueError(
            "A metric that keeps rows must be updated with arrays or eager "
            "tensors, for instance through `evaluate`, not inside a compiled "
            f"step. Received: {tensor}"
        ) from error


def _float_type(values: np.ndarray) -> Array:
    """Float32 if it holds all values exactly, else float64."""
    return np.result_type(values.dtype, np.float32)
