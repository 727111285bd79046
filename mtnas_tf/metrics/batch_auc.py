"""Area under the ROC curve of one batch, inside a compiled step.

`auc = 1/2 + (wins - losses) / (2 |P| |N|)`, where a win is a (positive,
negative) pair in which the positive scores higher, a loss one in which it
scores lower. This is the Mann-Whitney statistic, ties counted one half; a row
of weight w counts as w rows.
"""

from keras import ops

from mtnas_tf.types import Tensor


def batch_auc(
    labels: Tensor, logits: Tensor, weights: Tensor = None
) -> tuple[Tensor, Tensor]:
    """Exact AUC along the last axis, for any number of leading axes.

    Runs eagerly, in a graph and under XLA. It has no gradient. Pass logits:
    probabilities near 1 round to ties.

    Args:
        labels: `(..., batch)`, broadcast to the shape of `logits`; 0 or 1,
            NaN where missing.
        logits: `(..., batch)`, for instance `(num_routes, batch)`. The batch
            must be static, and hold at least two rows.
        weights: `(..., batch)`, broadcast to the shape of `logits`, >= 0, or
            None for 1 each. A row of weight 0 is left out. Costs another sort's
            worth of gathering. Defaults to `None`.

    Returns:
        Two tensors of shape `logits.shape[:-1]`.
        auc: float32. 0 where it is not defined; NaN where the logit of an
        observed row is NaN.
        is_defined: bool. Whether a positive and a negative are observed, with
            weights above 0.

    Raises:
        ValueError: if the batch is not static or holds fewer than two rows.

    Example:
    >>> auc, is_defined = batch_auc([0.0, 1.0], [[-1.0, 1.0], [3.0, 2.0]])
    >>> auc.numpy().tolist(), is_defined.numpy().tolist()
    ([1.0, 0.0], [True, True])

    Reference:
    - [Hanley and McNeil, 1982](https://doi.org/10.1148/radiology.143.1.7063747),
      the area as the Mann-Whitney statistic.
    """
    logits = ops.convert_to_tensor(logits, dtype="float32")
    shape = tuple(logits.shape)
    if not shape or shape[-1] is None or shape[-1] < 2:
        raise ValueError(
            "The last axis of `logits` must be a static batch of at least two "
            f"rows. Received: logits.shape={shape}"
        )
    labels = ops.convert_to_tensor(labels, dtype="float32")
    labels = ops.broadcast_to(labels, ops.shape(logits))
    is_observed = ops.logical_not(ops.isnan(labels))
    if weights is not None:
        weights = ops.convert_to_tensor(weights, dtype="float32")
        weights = ops.broadcast_to(weights, ops.shape(logits))
        is_observed = ops.logical_and(is_observed, weights > 0)
    is_broken = ops.any(
        ops.logical_and(is_observed, ops.isnan(logits)), axis=-1
    )
    logits = ops.where(is_observed, logits, 0.0)
    # (class, ..., batch): positives, then negatives.
    classes = ops.logical_and(
        ops.stack([labels == 1, labels == 0]), is_observed
    )
    if weights is None:
        classes, logits = _sort_counts(ops.cast(classes, "float32"), logits)
    else:
        weights = ops.where(classes, _float64(weights), 0.0)
        classes, logits = _sort_weights(weights, logits)
    num_positives, num_negatives = ops.unstack(
        _float64(ops.sum(classes, axis=-1)), 2
    )
    is_defined = ops.logical_and(num_positives > 0, num_negatives > 0)
    margin = _wins_minus_losses(classes, logits)
    num_pairs = ops.where(is_defined, num_positives * num_negatives, 1.0)
    auc = 0.5 + 0.5 * margin / num_pairs
    auc = ops.where(is_defined, ops.cast(auc, "float32"), 0.0)
    return ops.where(is_broken, float("nan"), auc), is_defined


def _sort_counts(classes: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """Classes and keys in ascending order of logits, by one sort of integers.

    Sorting plain integers is several times faster than sorting floats and
    carrying the classes along.
    """
    positives, negatives = ops.unstack(ops.cast(classes, "int64"), 2)
    marks = 2 * positives + negatives
    keys = ops.sort(ops.cast(_order_keys(logits), "int64") * 4 + marks, axis=-1)
    classes = ops.stack([keys % 4 == mark for mark in (2, 1)])
    return ops.cast(classes, "float32"), keys // 4


def _sort_weights(classes: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """As `_sort_counts`, for weights of any size instead of ones."""
    keys = _order_keys(logits)
    order = ops.argsort(keys, axis=-1)
    classes = ops.stack(
        [
            ops.take_along_axis(weights, order, axis=-1)
            for weights in ops.unstack(classes, 2)
        ]
    )
    return classes, ops.take_along_axis(keys, order, axis=-1)


def _order_keys(logits: Tensor) -> Tensor:
    """Int32 keys in the order of the logits, equal where they are equal."""
    zero_signed = ops.where(logits == 0, 0.0, logits)  # -0.0 ties with 0.0
    bits = ops.view(zero_signed, "int32")
    # Negative floats order against their bits.
    return ops.where(bits < 0, bits ^ 0x7FFFFFFF, bits)


def _wins_minus_losses(classes: Tensor, keys: Tensor) -> Tensor:
    """Pairs that a positive wins minus those it loses; exact in float64."""
    positives, negatives = ops.unstack(classes, 2)
    # How many of each class lie strictly below: the count ahead of the first
    # row of a group of equal logits, carried to all rows of the group.
    starts_group = keys[..., 1:] != keys[..., :-1]
    ahead = ops.cumsum(classes, axis=-1)[..., :-1]
    below = _running_max(ops.where(starts_group, ahead, 0.0))
    positives_below, negatives_below = ops.unstack(below, 2)
    # The lowest row has nothing below it.
    return ops.sum(
        _float64(
            positives[..., 1:] * negatives_below
            - negatives[..., 1:] * positives_below
        ),
        axis=-1,
    )


def _running_max(counts: Tensor) -> Tensor:
    """Maximum of all values so far, of counts >= 0, along the last axis.

    Doubles the window log2(batch) times: under XLA a fraction of the cost of
    searching the sorted values.
    """
    length = counts.shape[-1]
    leading = [(0, 0)] * (len(counts.shape) - 1)
    shift = 1
    while shift < length:
        shifted = ops.pad(counts[..., :-shift], [*leading, (shift, 0)])
        counts = ops.maximum(counts, shifted)
        shift *= 2
    return counts


def _float64(counts: Tensor) -> Tensor:
    return ops.cast(counts, "float64")
