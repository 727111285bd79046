"""Optimizers whose cost does not grow with the vocabulary."""

from mtnas_tf.optimizers.sparse_adam import SparseAdam

__all__ = ["SparseAdam"]
