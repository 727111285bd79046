"""The losses that AdaShare adds for its choices of executing and skipping."""

import numpy as np
from keras import ops

from mtnas_tf.types import Tensor


def sparsity_penalty(logits: Tensor, is_drawn: Tensor) -> Tensor:
    """`sum_t mean_l -log(1 - alpha_tl)`, over the blocks that are drawn.

    Args:
        logits: float32 `(blocks, tasks, 2)`, of executing and of skipping.
        is_drawn: float32 `(blocks,)`, 1 where a block is drawn. Without any the
            penalty is 0.

    Returns:
        float32 scalar.

    Example:
    >>> float(sparsity_penalty(np.zeros((3, 2, 2), "f"), np.zeros(3, "f")))
    0.0

    Reference:
    - [Code of the authors](https://github.com/sunxm2357/AdaShare).
    """
    losses = -ops.log_softmax(logits)[..., 1]  # (blocks, tasks)
    count = ops.maximum(ops.sum(is_drawn), 1.0)
    return ops.sum(is_drawn[:, None] * losses) / count


def sharing_penalty(logits: Tensor, is_of_logits: bool = False) -> Tensor:
    """`sum_(s<t) sum_l w_l |alpha_sl - alpha_tl|`, for all pairs of tasks.

    Args:
        logits: float32 `(blocks, tasks, 2)`, of executing and of skipping.
        is_of_logits: bool. Whether to take the logits of executing in place of
            its probabilities alpha, and weights that rise with the block, as
            the authors' code does. Defaults to `False`.

    Returns:
        float32 scalar.

    Example:
    >>> logits = np.array([[[5.0, 0.0], [2.0, 0.0]]], "f")
    >>> float(sharing_penalty(logits, is_of_logits=True))
    3.0

    Reference:
    - [Sun et al., 2020](https://arxiv.org/abs/1911.12423), section 3.
    """
    num_blocks = logits.shape[0]
    weights = np.arange(num_blocks, 0, -1, dtype="float32") / num_blocks
    values = ops.softmax(logits)[..., 0]
    if is_of_logits:
        weights, values = weights[::-1], logits[..., 0]
    gaps = ops.abs(values[:, :, None] - values[:, None, :])
    return ops.sum(weights[:, None, None] * gaps) / 2  # each pair twice
