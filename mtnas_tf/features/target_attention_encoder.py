"""An encoder whose sequences are asked by a target."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
from keras import ops

from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features.feature_encoder import FeatureEncoder
from mtnas_tf.features.target_attention import TargetAttention
from mtnas_tf.types import Config
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class TargetAttentionEncoder(FeatureEncoder):
    """A `FeatureEncoder` that weighs the values of some lists by a target.

    The embedding of such a list is what `TargetAttention` makes of its values
    when the embedding of the target asks; all other lists are means, as in
    `FeatureEncoder`.

    Args:
        sequences: sequence of pairs of ints: the position of a list among the
            fields that are embedded, and that of its target, which holds one
            value a row.
        num_fields: see `FeatureEncoder`.
        num_values: see `FeatureEncoder`.
        num_buckets: see `FeatureEncoder`.
        hidden_units: see `TargetAttention`. Defaults to `(36,)`.
        normalization: see `TargetAttention`. Defaults to `None`.
        **kwargs: Passed to `FeatureEncoder`.

    Call arguments:
        inputs: see `FeatureEncoder`.

    Output shape:
        `(batch, sum(widths) + num_values)`.

    Example:
    >>> encoder = mt.features.TargetAttentionEncoder(
    ...     sequences=[(1, 0)],  # the second field, asked by the first
    ...     num_fields=2,
    ...     num_values=0,
    ...     num_buckets=9,
    ...     lengths=(1, 3),
    ... )
    >>> encoder({"ids": np.array([[7, 3, 4, -1], [2, 5, -1, -1]])}).shape
    TensorShape([2, 20])

    Reference:
    - [Zhou et al., 2018](https://arxiv.org/abs/1706.06978), section 4.3.
    """

    def __init__(
        self,
        sequences: Sequence[tuple[int, int]],
        num_fields: int,
        num_values: int,
        num_buckets: int,
        hidden_units: Sequence[int] = (36,),
        normalization: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_fields, num_values, num_buckets, **kwargs)
        self.sequences = tuple((field, target) for field, target in sequences)
        for field, target in self.sequences:
            fields = range(num_fields)
            if (
                field == target
                or field not in fields
                or target not in fields
                or self.lengths[target] > 1
            ):
                raise ValueError(
                    "`sequences` must hold pairs of a field and its target, "
                    f"below {num_fields}; a target holds one value a row. "
                    f"Received: {(field, target)}, lengths={self.lengths}"
                )
        self.hidden_units = tuple(hidden_units)
        self.normalization = normalization
        self.attentions = [
            TargetAttention(
                hidden_units,
                normalization,
                dtype=self.dtype_policy,
                name=f"attention_{field}",
            )
            for field, _ in self.sequences
        ]

    @classmethod
    def from_schema(
        cls,
        schema: DatasetSchema,
        embedding_dim: EmbeddingDim = 10,
        table_initializer: Initializer = None,
        hidden_units: Sequence[int] = (36,),
        normalization: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """The encoder of a schema's fields and `sequences`.

        Args:
            schema: `DatasetSchema` with `sequences`.
            embedding_dim: see `FeatureEncoder.from_schema`. Defaults to `10`.
            table_initializer: see `FeatureEncoder`. Defaults to `None`.
            hidden_units: see `TargetAttention`. Defaults to `(36,)`.
            normalization: see `TargetAttention`. Defaults to `None`.
            **kwargs: Passed to `FeatureEncoder`.

        Raises:
            ValueError: if the schema names no sequences.
        """
        check_instances(DatasetSchema, schema=schema)
        sequences: Mapping[str, str] = schema.sequences or {}
        if not sequences:
            raise ValueError(
                "`schema` must have `sequences`: the names of list fields and "
                f"of the field that asks each. Received: {schema.name!r}, "
                "which has none"
            )
        names = [field.name for field in schema.preprocessor.id_fields]
        return super().from_schema(
            schema,
            embedding_dim,
            table_initializer,
            sequences=[
                (names.index(field), names.index(target))
                for field, target in sequences.items()
            ],
            hidden_units=hidden_units,
            normalization=normalization,
            **kwargs,
        )

    def build(self, input_shape: dict[str, Shape] | None = None) -> None:
        super().build(input_shape)
        for (field, target), attention in self._pairs():
            length, width = self.lengths[field], self.widths[field]
            attention.build(
                (None, self.widths[target]),
                (None, length, width),
                (None, length),
            )

    def _embeddings(self, rows: Tensor, ids: Tensor) -> Tensor:
        means = self._pooled(rows, ids)
        embeddings = list(means)
        for (field, target), attention in self._pairs():
            columns = self._columns[field]
            embeddings[field] = attention(
                means[target],
                rows[:, columns, : self.widths[field]],
                ids[:, columns] >= 0,
            )
        return ops.concatenate(embeddings, axis=1)

    def _pairs(self) -> Iterator[tuple[tuple[int, int], TargetAttention]]:
        return zip(self.sequences, self.attentions, strict=True)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "sequences": [list(pair) for pair in self.sequences],
            "hidden_units": list(self.hidden_units),
            "normalization": self.normalization,
        }
