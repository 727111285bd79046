"""The encoder of many candidates: a root feature for each."""

from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features import FieldVectors
from mtnas_tf.features.field_widths import cut_to_widths
from mtnas_tf.features.serialized_layer import serialized_layer
from mtnas_tf.routes.root_names import root_names
from mtnas_tf.routes.route import ROOT
from mtnas_tf.types import Config
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Initializer
from mtnas_tf.types import Inputs
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class CandidateEncoder(keras.layers.Layer):
    """Looks up the embeddings of all candidates at once.

    A row of a table holds every candidate's embedding of an id.

    Args:
        features: `FeatureEncoder` of embeddings `num_candidates` times as wide
            as a candidate's.
        num_candidates: int > 0.
        widths: int > 0 for each field. Width of a candidate's embedding of it.
            Defaults to `None`, its share of the table's columns.
        others: further such encoders, each with a table of its own. Defaults to
            `()`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: see `FeatureEncoder`.

    Output shape:
        `(batch, num_candidates, root_units)`; with `others`
        `(batch, num_candidates, 1 + len(others), root_units)`.
    """

    def __init__(
        self,
        features: FeatureEncoder,
        num_candidates: int,
        widths: Sequence[int] | None = None,
        others: Sequence[FeatureEncoder] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_candidates=num_candidates)
        self.features: Any = features  # whose `embedding_dim` is an int
        self.others: list[FeatureEncoder] = list(others)
        self.num_candidates = num_candidates
        self.widths = None if widths is None else tuple(widths)

    @classmethod
    def from_schema(
        cls,
        schema: DatasetSchema,
        num_candidates: int,
        embedding_dim: EmbeddingDim = 10,
        table_initializer: Initializer = None,
        num_tables: int = 1,
        **kwargs: Any,
    ) -> "CandidateEncoder":
        """The encoder of the fields that a schema describes.

        Args:
            schema: `DatasetSchema`.
            num_candidates: int > 0.
            embedding_dim: int > 0, or dict field name -> int > 0. Width of a
                candidate's embedding, see `FeatureEncoder`. Defaults to `10`.
            table_initializer: initializer of the table. Defaults to a normal
                distribution of standard deviation `1e-4`.
            num_tables: int > 0. Tables of a candidate. Defaults to `1`.
            **kwargs: Passed to `keras.layers.Layer`.
        """
        check_ints(num_candidates=num_candidates, num_tables=num_tables)
        # Of one candidate: it checks the widths.
        own = FeatureEncoder.from_schema(
            schema, embedding_dim, table_initializer
        )
        start = own.table_initializer
        if isinstance(start, FieldVectors):
            start = start.with_copies(num_candidates)
        features, *others = (
            FeatureEncoder(
                own.num_fields,
                own.num_values,
                own.num_buckets,
                num_candidates * max(own.widths, default=1),
                start,
                own.lengths,
                dtype=kwargs.get("dtype"),
                name=f"features{root.removeprefix(ROOT)}",
            )
            for root in root_names(num_tables)
        )
        widths = None if isinstance(own.embedding_dim, int) else own.widths
        return cls(features, num_candidates, widths, others, **kwargs)

    @property
    def embedding_dim(self) -> int | tuple[int, ...]:
        """Width of a candidate's embedding, of each field if they differ."""
        return self.table_dim if self.widths is None else self.widths

    @property
    def table_initializer(self) -> keras.initializers.Initializer:
        """The initializer of a candidate's table."""
        start = self.features.table_initializer
        return (
            start.with_copies(1) if isinstance(start, FieldVectors) else start
        )

    @property
    def table_dim(self) -> int:
        """Columns of the table that are one candidate's."""
        return self.features.embedding_dim // self.num_candidates

    @property
    def units(self) -> int:
        """Width of a candidate's root feature."""
        return sum(self._own_widths) + self.features.num_values

    @property
    def _own_widths(self) -> tuple[int, ...]:
        return self.widths or (self.table_dim,) * self.features.num_fields

    @property
    def all_features(self) -> list[FeatureEncoder]:
        """The `FeatureEncoder` of each table."""
        return [self.features, *self.others]

    def build(self, input_shape: dict[str, Shape]) -> None:
        for features in self.all_features:
            features.build(input_shape)

    def call(self, inputs: Inputs) -> Tensor:
        roots = [self._root(each(inputs)) for each in self.all_features]
        return roots[0] if len(roots) == 1 else ops.stack(roots, axis=2)

    def _root(self, features: Tensor) -> Tensor:
        """The root feature of each candidate, of one table."""
        num_fields = self.features.num_fields
        width = sum(self.features.widths)
        values = ops.repeat(
            features[:, None, width:], self.num_candidates, axis=1
        )
        if not num_fields:
            return values
        ids = ops.reshape(
            features[:, :width],
            (-1, num_fields, self.num_candidates, self.table_dim),
        )
        ids = cut_to_widths(ops.transpose(ids, (0, 2, 1, 3)), self._own_widths)
        return ops.concatenate([ids, values], axis=-1)

    def compute_output_shape(self, input_shape: dict[str, Shape]) -> Shape:
        num_rows = next(iter(input_shape.values()))[0]
        tables = (1 + len(self.others),) if self.others else ()
        return (num_rows, self.num_candidates, *tables, self.units)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "features": serialized_layer(self.features),
            "num_candidates": self.num_candidates,
            "widths": self.widths and list(self.widths),
            "others": [serialized_layer(each) for each in self.others],
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        restored = keras.saving.deserialize_keras_object
        features = restored(config["features"])
        # Of files from before there were several tables: none.
        others = [restored(each) for each in config.get("others", ())]
        return cls(**{**config, "features": features, "others": others})
