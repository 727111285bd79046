"""Ids and floats of a row -> one vector."""

import itertools
from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features.field_vectors import FieldVectors
from mtnas_tf.features.field_widths import cut_to_widths
from mtnas_tf.features.field_widths import field_widths
from mtnas_tf.features.fixed_rows import FixedRows
from mtnas_tf.features.initializer_of_table import initializer_of_table
from mtnas_tf.optimizers import Table
from mtnas_tf.types import Config
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer
from mtnas_tf.types import Inputs
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class FeatureEncoder(keras.layers.Layer):
    """Looks ids up in one shared table and appends the row's floats.

    The output is the root feature: the concatenated embeddings of all fields
    that have one, then the row's floats. The embedding of a list is the mean of
    its values'.

    The table is as wide as the widest embedding. A narrower one is made of the
    first columns of its rows: fields of all widths share one table.

    Args:
        num_fields: int >= 0. Fields that are embedded.
        num_values: int >= 0. Columns of `values`.
        num_buckets: int > 0. Rows of the table.
        embedding_dim: int > 0, or a sequence of them, one a field. Width of an
            embedding. Defaults to `10`.
        table_initializer: initializer of the table; `FieldVectors` for a start
            from vectors of your own. Defaults to a normal distribution of
            standard deviation `1e-4`.
        lengths: sequence of int > 0. Columns of `ids` of each field, more than
            one for a list. Defaults to `None`, one each.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: dict with `ids`, int `(batch, sum of lengths)` in
            `[0, num_buckets)`, -1 behind the first id of a list for a value
            that is not there, if `num_fields > 0`; and `values`, float
            `(batch, num_values)`, if `num_values > 0`.

    Output shape:
        `(batch, sum(widths) + num_values)`.

    Attributes:
        widths: tuple of int. Width of each field's embedding.

    Example:
    >>> encoder = FeatureEncoder(num_fields=2, num_values=0, num_buckets=5)
    >>> encoder({"ids": np.array([[0, 4], [1, 1], [2, 3]])}).shape
    TensorShape([3, 20])

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 4.2.
    """

    def __init__(
        self,
        num_fields: int,
        num_values: int,
        num_buckets: int,
        embedding_dim: int | Sequence[int] = 10,
        table_initializer: Initializer = None,
        lengths: Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(0, num_fields=num_fields, num_values=num_values)
        check_ints(num_buckets=num_buckets)
        lengths = (1,) * num_fields if lengths is None else tuple(lengths)
        if len(lengths) != num_fields:
            raise ValueError(
                "`lengths` must hold a positive int for each field. "
                f"Received: lengths={lengths}, num_fields={num_fields}"
            )
        for length in lengths:
            check_ints(lengths=length)
        if num_fields + num_values < 1:
            raise ValueError(
                "`num_fields` and `num_values` must not both be 0. "
                f"Received: num_fields={num_fields}, num_values={num_values}"
            )
        self.num_fields = num_fields
        self.num_values = num_values
        self.num_buckets = num_buckets
        self.widths = _widths(embedding_dim, num_fields)
        self.embedding_dim = (
            self.widths if _is_by_field(embedding_dim) else embedding_dim
        )
        self.table_initializer = initializer_of_table(table_initializer)
        self.lengths = lengths
        self.table: Any = None
        self.fixed_rows: Any = None
        start = self.table_initializer
        if num_fields and isinstance(start, FieldVectors):
            if not start.trainable:
                self.fixed_rows = FixedRows(
                    start, dtype=self.dtype_policy, name="fixed_rows"
                )

    @classmethod
    def from_schema(
        cls,
        schema: DatasetSchema,
        embedding_dim: EmbeddingDim = 10,
        table_initializer: Initializer = None,
        **kwargs: Any,
    ) -> Self:
        """The encoder of the fields that a schema describes.

        Args:
            schema: `DatasetSchema`.
            embedding_dim: int > 0, or dict field name -> int > 0, in which a
                field that is left out has 10. Width of an embedding. Defaults
                to `10`.
            table_initializer: initializer of the table. Defaults to a normal
                distribution of standard deviation `1e-4`.
            **kwargs: Passed to `keras.layers.Layer`.
        """
        check_instances(DatasetSchema, schema=schema)
        preprocessor = schema.preprocessor
        encoder = cls(
            num_fields=len(preprocessor.id_fields),
            num_values=preprocessor.num_values,
            lengths=preprocessor.lengths,
            num_buckets=schema.num_buckets,
            embedding_dim=field_widths(schema, embedding_dim),
            table_initializer=table_initializer,
            **kwargs,
        )
        if isinstance(table_initializer, FieldVectors):
            table_initializer.check(schema, encoder.widths)
        return encoder

    def build(self, input_shape: dict[str, Shape] | None = None) -> None:
        if not self.num_fields:
            return
        with keras.name_scope(self.name, caller=self):
            self.table = Table(
                self.table_initializer,
                shape=(self.num_buckets, max(self.widths)),
                dtype=self.variable_dtype,
                name="table",
            )
        if self.fixed_rows is not None:
            columns = (None, sum(self.lengths))
            self.fixed_rows.build((*columns, max(self.widths)), columns)

    def call(self, inputs: Inputs) -> Tensor:
        parts = []
        if self.num_fields:
            _check_columns("ids", inputs, sum(self.lengths))
            ids = ops.cast(inputs["ids"], "int32")
            read = self._without_padding(ids)
            rows = ops.cast(self.table.rows(read), self.compute_dtype)
            if self.fixed_rows is not None:
                rows = self.fixed_rows(rows, read)
            parts.append(self._embeddings(rows, ids))
        if self.num_values:
            _check_columns("values", inputs, self.num_values)
            parts.append(ops.cast(inputs["values"], self.compute_dtype))
        return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=1)

    @property
    def _columns(self) -> list[slice]:
        """The columns of each field."""
        stops = itertools.accumulate(self.lengths)
        return [
            slice(stop - length, stop)
            for stop, length in zip(stops, self.lengths, strict=True)
        ]

    @property
    def _has_lists(self) -> bool:
        return max(self.lengths, default=1) > 1

    def _without_padding(self, ids: Tensor) -> Tensor:
        """Padding becomes the list's first id: no other row is touched."""
        if not self._has_lists:
            return ids
        first = np.repeat([s.start for s in self._columns], self.lengths)
        return ops.where(ids < 0, ops.take(ids, first, axis=1), ids)

    def _embeddings(self, rows: Tensor, ids: Tensor) -> Tensor:
        """Embeddings of all fields side by side: `(batch, sum(widths))`."""
        if not self._has_lists:
            return cut_to_widths(rows, self.widths)
        return ops.concatenate(self._pooled(rows, ids), axis=1)

    def _pooled(self, rows: Tensor, ids: Tensor) -> list[Tensor]:
        """The embedding of each field, `(batch, width)`: means over lists."""
        is_value = ops.cast(ids >= 0, rows.dtype)
        pooled = []
        for columns, width in zip(self._columns, self.widths, strict=True):
            weights = is_value[:, columns]
            weights /= ops.sum(weights, axis=1, keepdims=True)
            values = rows[:, columns, :width]
            pooled.append(ops.sum(weights[..., None] * values, axis=1))
        return pooled

    def columns_of(
        self, schema: DatasetSchema, fields: Sequence[str]
    ) -> list[tuple[int, int]]:
        """The columns of the output that hold embeddings of some fields.

        Args:
            schema: `DatasetSchema` that the encoder was made from.
            fields: names of embedded fields.

        Returns:
            list of `(start, stop)`, one for each name.
        """
        names = [field.name for field in schema.preprocessor.id_fields]
        stops = [0, *itertools.accumulate(self.widths)]
        indices = map(names.index, fields)
        return [(stops[index], stops[index + 1]) for index in indices]

    @property
    def units(self) -> int:
        """Width of the output."""
        return sum(self.widths) + self.num_values

    def compute_output_shape(self, input_shape: dict[str, Shape]) -> Shape:
        return (next(iter(input_shape.values()))[0], self.units)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_fields": self.num_fields,
            "num_values": self.num_values,
            "num_buckets": self.num_buckets,
            "embedding_dim": list(self.widths)
            if _is_by_field(self.embedding_dim)
            else self.embedding_dim,
            "lengths": list(self.lengths),
            "table_initializer": keras.initializers.serialize(
                self.table_initializer
            ),
        }


def _is_by_field(embedding_dim: object) -> bool:
    return isinstance(embedding_dim, list | tuple)


def _widths(embedding_dim: Any, num_fields: int) -> tuple[int, ...]:
    if not _is_by_field(embedding_dim):
        check_ints(embedding_dim=embedding_dim)
        return (embedding_dim,) * num_fields
    if len(embedding_dim) != num_fields:
        raise ValueError(
            "`embedding_dim` must be an int, or hold one for each field. "
            f"Received: embedding_dim={embedding_dim}, num_fields={num_fields}"
        )
    for width in embedding_dim:
        check_ints(embedding_dim=width)
    return tuple(embedding_dim)


def _check_columns(name: str, inputs: Inputs, count: int) -> None:
    """Refuses a wrong number of columns, which a reshape would not notice."""
    if not isinstance(inputs, dict) or name not in inputs:
        names = sorted(inputs) if isinstance(inputs, dict) else None
        raise ValueError(
            f"`inputs` must be a dict that holds `{name}`. "
            f"Received: {names or type(inputs).__name__}"
        )
    shape = tuple(inputs[name].shape)
    if len(shape) != 2 or shape[1] not in (count, None):
        raise ValueError(
            f"`{name}` must have the shape (batch, {count}). "
            f"Received: {name}.shape={shape}"
        )
