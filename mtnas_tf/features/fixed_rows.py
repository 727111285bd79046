"""Rows of a table that stay as they are."""

from typing import Any

import keras
from keras import ops

from mtnas_tf.features.field_vectors import FieldVectors
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


class FixedRows(keras.layers.Layer):
    """Puts fixed rows in place of those that were read from a table.

    They are weights apart from the table, so that no optimizer moves them, nor
    decays them.

    Args:
        vectors: `FieldVectors`, not trainable.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        rows: `(batch, columns, dim)`, read from the table.
        ids: int `(batch, columns)`, where they were read.

    Output shape:
        `(batch, columns, dim)`.

    Attributes:
        values: the first rows of the table at the start, `(num_rows, dim)`.
        is_fixed: bool `(num_rows,)`. Which of them are fixed.
    """

    def __init__(self, vectors: FieldVectors, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vectors = vectors

    def build(self, rows_shape: Shape, ids_shape: Shape) -> None:
        shape = (self.vectors.num_rows, rows_shape[-1])
        self.values = self.add_weight(
            shape=shape,
            initializer=self.vectors.with_initializer(
                keras.initializers.Zeros()
            ),
            trainable=False,
            name="values",
        )
        self.is_fixed = self.add_weight(
            shape=shape[:1],
            initializer=lambda shape, dtype: self.vectors.has_vector,
            dtype="bool",
            trainable=False,
            name="is_fixed",
        )

    def call(self, rows: Tensor, ids: Tensor) -> Tensor:
        last = self.vectors.num_rows - 1
        own = ops.minimum(ids, last)
        is_fixed = ops.take(self.is_fixed, own, axis=0) & (ids <= last)
        values = ops.cast(ops.take(self.values, own, axis=0), rows.dtype)
        return ops.where(is_fixed[..., None], values, rows)
