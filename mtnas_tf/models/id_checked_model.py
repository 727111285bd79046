"""A model that fails for ids outside of its table."""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from mtnas_preprocessing import PADDING
from mtnas_tf.types import Tensor


class IdCheckedModel(keras.Model):
    """A model that fails for ids outside of its table, to be exported.

    Lookups alone count a negative id from the table's end, and read a valid row
    for one that 32 bits wrap.

    Args:
        model: built `keras.Model` with a `schema`, which it shares its weights
            with.
    """

    def __init__(self, model: keras.Model) -> None:
        super().__init__(dtype=model.dtype_policy, name=model.name)
        self.model = model
        self.built = model.built

    def call(
        self, inputs: Mapping[str, Tensor], training: bool = False
    ) -> dict[str, Tensor]:
        inputs = dict(inputs)
        if "ids" in inputs:
            preprocessor = self.model.schema.preprocessor
            inputs["ids"] = rows_of_table(
                inputs["ids"], preprocessor.num_buckets, preprocessor.may_pad
            )
        return self.model(inputs, training=training)


def rows_of_table(ids: Tensor, num_buckets: int, may_pad: np.ndarray) -> Tensor:
    """Ids as int32, invalid ones as the row after the table's last.

    The lookup fails there, on a CPU.

    Args:
        ids: tensor of integers `(batch, columns)`.
        num_buckets: rows of the table.
        may_pad: bool `(columns,)`. Where -1 is padding.
    """
    # Not `ids < num_buckets`: tf2onnx compares that in float32, which is
    # inexact beyond 2**24.
    is_valid = (ids >= 0) & (ids <= num_buckets - 1)
    if any(may_pad):
        is_valid |= may_pad & (ids == PADDING)
    ids = tf.where(is_valid, ids, tf.constant(num_buckets, ids.dtype))
    return tf.cast(ids, tf.int32)
