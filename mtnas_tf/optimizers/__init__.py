"""Optimizers whose cost does not grow with the vocabulary."""

from mtnas_tf.optimizers.row_adam import RowAdam
from mtnas_tf.optimizers.sparse_adam import SparseAdam
from mtnas_tf.optimizers.table import Table
from mtnas_tf.optimizers.table import settled
from mtnas_tf.optimizers.table_reads import TableReads

__all__ = ["RowAdam", "SparseAdam", "Table", "TableReads", "settled"]
