"""Accuracy of one batch, inside a compiled step."""

from keras import ops

from mtnas_tf.metrics.batch_mean import batch_mean
from mtnas_tf.types import Tensor


def batch_accuracy(
    labels: Tensor, logits: Tensor, weights: Tensor = None
) -> tuple[Tensor, Tensor]:
    """Share of rows whose class has the largest logit, for several networks.

    Runs eagerly, in a graph and under XLA. It has no gradient.

    Args:
        labels: `(batch,)`, classes numbered from 0, NaN where missing.
        logits: `(..., batch, classes)`, for instance of several routes.
        weights: `(batch,)`, >= 0, or None for 1 each. A row of weight 0 is left
            out. Defaults to `None`.

    Returns:
        accuracy: float32 `logits.shape[:-2]`. 0 where it is not defined; NaN
            where a logit of an observed row is NaN.
        is_defined: bool `()`. Whether a label is observed, with a weight above
            0.

    Example:
    >>> logits = [[[0.0, 1.0], [2.0, 0.0]]]  # one route, two rows
    >>> accuracy, is_defined = batch_accuracy([1.0, 1.0], logits)
    >>> accuracy.numpy().tolist(), bool(is_defined)
    ([0.5], True)
    """
    labels = ops.convert_to_tensor(labels, dtype="float32")
    logits = ops.convert_to_tensor(logits, dtype="float32")
    classes = ops.cast(ops.where(ops.isnan(labels), 0.0, labels), "int32")
    is_hit = ops.cast(ops.argmax(logits, axis=-1), "int32") == classes
    is_broken = ops.any(ops.isnan(logits), axis=-1)
    hits = ops.where(is_broken, float("nan"), ops.cast(is_hit, "float32"))
    return batch_mean(labels, hits, weights)
