"""Sums the gradients of duplicate ids."""

import tensorflow as tf

from mtnas_tf.types import Tensor


def unique_rows(gradient: Tensor) -> Tensor:
    """Sums the values of equal ids.

    Shapes stay the same, for XLA: places left over hold zeros. Norm and
    clipping by value are those of the dense gradient.

    Args:
        gradient: `tf.IndexedSlices`.

    Returns:
        `tf.IndexedSlices` of the same dense gradient, in which at most one
        place of each id is not 0.
    """
    order = tf.argsort(gradient.indices)
    ids = tf.gather(gradient.indices, order)
    values = tf.gather(gradient.values, order)
    is_first = tf.concat([ids[:1] == ids[:1], ids[1:] != ids[:-1]], axis=0)
    places = tf.cumsum(tf.cast(is_first, tf.int32)) - 1
    size = tf.shape(ids)[0]
    # The last id's place is filled up.
    ids = tf.where(
        tf.range(size) <= places[-1],
        tf.math.unsorted_segment_max(ids, places, size),
        ids[-1],
    )
    values = tf.math.unsorted_segment_sum(values, places, size)
    return tf.IndexedSlices(values, ids, gradient.dense_shape)
