"""Rows of a split on disk, read a block at a time."""

import numpy as np
import tensorflow as tf

from mtnas_tf.data.split import Split
from mtnas_tf.types import Tensor


class BlockReader:
    """Blocks of consecutive rows of a split, as tensors.

    Pages of memory maps are let go once they are read: resident memory does not
    grow with the files.

    Args:
        split: `Split`, of memory maps or of arrays in memory.
        block_rows: int > 0. Rows of a block; the last one may have fewer.

    Call arguments:
        blocks: int64 tensor `(blocks,)`: their numbers.

    Returns:
        `(inputs, labels)` of their rows, block after block.
    """

    def __init__(self, split: Split, block_rows: int) -> None:
        self.split = split
        self.block_rows = block_rows
        self.num_blocks = -(-len(split) // block_rows)
        self._structure = (split.inputs, split.labels)
        self._arrays = tf.nest.flatten(self._structure)

    def __call__(self, blocks: Tensor) -> Tensor:
        dtypes = [array.dtype for array in self._arrays]
        tensors = tf.numpy_function(self._read, [blocks], dtypes)
        for tensor, array in zip(tensors, self._arrays, strict=True):
            tensor.set_shape((None, array.shape[1]))
        return tf.nest.pack_sequence_as(self._structure, tensors)

    def _read(self, blocks: np.ndarray) -> list[np.ndarray]:
        starts = blocks * self.block_rows
        rows = [slice(start, start + self.block_rows) for start in starts]
        found = [
            np.concatenate([array[part] for part in rows])
            for array in self._arrays
        ]
        self.split.let_go()
        return found
