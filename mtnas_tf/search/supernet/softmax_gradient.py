"""The chain rule through a softmax."""

from keras import ops

from mtnas_tf.types import Tensor


def softmax_gradient(probs: Tensor, slope: Tensor) -> Tensor:
    """Gradient with respect to the logits of `probs`.

    Computes `probs_a (slope_a - sum_c probs_c slope_c)` for every row.

    Args:
        probs: `(..., choices)`. Softmax of the logits.
        slope: `(..., choices)`. Gradient with respect to `probs`.

    Returns:
        `(..., choices)`.
    """
    mean = ops.sum(probs * slope, axis=-1, keepdims=True)
    return probs * (slope - mean)
