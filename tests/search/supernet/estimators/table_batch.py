"""A reward batch whose rewards come from a table."""

import numpy as np
import tensorflow as tf


class TableBatch:
    """Rewards of two blocks, of one task.

    Args:
        table: `(choices, choices)`. The reward of every pair of local routes;
            a mixture of them has the mean reward.
    """

    def __init__(self, table):
        self.table = tf.constant(table)

    def rewards(self, choices):
        return tf.gather_nd(self.table, choices)[None], np.array([True])

    def slope(self, probs):
        first = tf.linalg.matvec(self.table, probs[1])
        second = tf.linalg.matvec(self.table, probs[0], transpose_a=True)
        reward = tf.reduce_sum(probs[0] * first)
        return -tf.stack([first, second]), reward[None, None], np.array([True])


def make_table(seed=0):
    """Of T = 2, K = 2, L = 1: two blocks of nine, nearly a sum over them."""
    rng = np.random.default_rng(seed)
    table = 0.1 * rng.normal(size=(9, 9)) + rng.normal(size=9)
    return (table + rng.normal(size=(9, 1))).astype("f")
