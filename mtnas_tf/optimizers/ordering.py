"""Reading a variable before it is written, under XLA."""

import math

import tensorflow as tf

from mtnas_tf.types import Tensor


def after(read: Tensor, value: Tensor) -> Tensor:
    """`value`, but computed after `read`.

    XLA copies a whole variable that a step reads and then writes, unless what
    it writes depends on what it read. For a table of millions of rows the copy
    is the step.

    Args:
        read: tensor, not empty. What must be read first.
        value: tensor of numbers.

    Returns:
        `value`, unchanged.
    """
    first = tf.reshape(read, [-1])[0]
    lowest = -math.inf if first.dtype.is_floating else first.dtype.min
    # Never true, but XLA does not know.
    return value + tf.cast(first < lowest, value.dtype)
