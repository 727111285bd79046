"""Tensors of several widths, side by side."""

from collections.abc import Sequence

from keras import ops

from mtnas_tf.types import Tensor


def side_by_side(tensors: Sequence[Tensor]) -> Tensor:
    """Stacks tensors; narrower ones end with zeros.

    Args:
        tensors: `(batch, units)` each.

    Returns:
        `(batch, tensors, units of the widest)`.

    Example:
    >>> side_by_side([np.ones((1, 2)), np.ones((1, 1))]).numpy().tolist()
    [[[1.0, 1.0], [1.0, 0.0]]]
    """
    width = max(tensor.shape[-1] for tensor in tensors)
    return ops.stack([widened(each, width) for each in tensors], axis=1)


def widened(tensor: Tensor, width: int) -> Tensor:
    """The tensor, with zeros behind its last axis up to a width.

    Args:
        tensor: `(..., units)`.
        width: int >= `units`.
    """
    missing = width - tensor.shape[-1]
    if not missing:
        return tensor
    pads = [[0, 0]] * (len(tensor.shape) - 1)
    return ops.pad(tensor, [*pads, [0, missing]])
