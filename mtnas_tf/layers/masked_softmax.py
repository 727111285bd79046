"""The softmax of all gates."""

from keras import ops

from mtnas_tf.types import Tensor

NO_WEIGHT = -1e9  # a score whose weight is 0, even if all are masked


def masked_softmax(scores: Tensor, mask: Tensor = None) -> Tensor:
    """Softmax over the last axis, in float32 whatever the scores are in.

    Args:
        scores: `(..., values)`.
        mask: broadcast to `scores`, 0 where a value gets no weight. Defaults
            to `None`: all get some.

    Returns:
        float32, shaped as `scores`.

    Example:
    >>> masked_softmax([[2.0, 2.0, 9.0]], [1, 1, 0]).numpy().tolist()
    [[0.5, 0.5, 0.0]]

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), equation 1.
    """
    scores = ops.cast(scores, "float32")
    if mask is not None:
        scores = ops.where(ops.equal(mask, 0), NO_WEIGHT, scores)
    return ops.softmax(scores)
