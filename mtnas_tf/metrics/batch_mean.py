"""Mean over the observed rows of one batch, inside a compiled step."""

from keras import ops

from mtnas_tf.types import Tensor


def batch_mean(
    labels: Tensor, values: Tensor, weights: Tensor
) -> tuple[Tensor, Tensor]:
    """Weighted mean along the last axis, of the rows that have a label.

    Args:
        labels: `(batch,)`, NaN where missing.
        values: `(..., batch)`.
        weights: `(batch,)`, >= 0, or None for 1 each. A row of weight 0 is left
            out.

    Returns:
        mean: `values.shape[:-1]`. 0 where no row counts.
        is_defined: bool `()`. Whether a row counts.
    """
    is_observed = ops.logical_not(ops.isnan(labels))
    if weights is None:
        weights = ops.ones_like(labels)
    is_observed = ops.logical_and(is_observed, weights != 0)
    weights = ops.where(is_observed, weights, 0.0)
    # A value that does not count may be NaN: it is not multiplied by 0.
    values = ops.where(is_observed, values, 0.0)
    total_weight = ops.sum(weights)
    is_defined = total_weight > 0
    total = ops.sum(weights * values, axis=-1)
    return total / ops.where(is_defined, total_weight, 1.0), is_defined
