"""Vocabularies: the values that get a row of the table to themselves."""

import dataclasses
import functools
import itertools
from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing.columns import objects
from mtnas_preprocessing.raw_value import Value
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.types import Array


def with_vocabulary(
    field: FieldSpec, counts: Counter[str], min_count: int
) -> FieldSpec:
    """The field with the texts that occur often, the most frequent first.

    Floats in buckets, and fields that are not embedded, have no vocabulary.

    Args:
        field: `FieldSpec`.
        counts: how often each of its texts occurs.
        min_count: int > 0.
    """
    if min_count < 1:
        raise ValueError(
            f"`min_count` must be positive. Received: min_count={min_count}"
        )
    if field.kind not in ("string", "integer"):
        return field
    frequent = [text for text, n in counts.most_common() if n >= min_count]
    return dataclasses.replace(field, vocabulary=tuple(frequent))


def with_vocabularies(
    schema: DatasetSchema,
    blocks: Iterable[Mapping[str, Array]],
    min_count: int,
) -> DatasetSchema:
    """The schema with vocabularies, and a table of just their rows.

    The number of rows that other fields are hashed into stays the same. What a
    field with `rows_of` holds counts for the field whose rows it reads.

    Args:
        schema: `DatasetSchema`, without vocabularies.
        blocks: columns of the training rows, a part at a time.
        min_count: int > 0.
    """
    counts: dict[str, Counter[str]] = {
        field.name: Counter() for field in schema.preprocessor.id_fields
    }
    # Typed: 1, 1.0 and True are equal, and differ as texts.
    text_of = {
        field.name: functools.lru_cache(maxsize=2**20, typed=True)(field.text)
        for field in schema.preprocessor.id_fields
    }
    for block in blocks:
        for field in schema.preprocessor.id_fields:
            values: Iterable[Value] = objects(block[field.name])
            if field.max_length is not None:
                values = itertools.chain.from_iterable(map(field.items, values))
            counts[field.row_owner].update(map(text_of[field.name], values))
    fields = tuple(
        with_vocabulary(field, counts[field.name], min_count)
        if field.is_embedded and field.rows_of is None
        else field
        for field in schema.fields
    )
    owned = sum(
        len(f.vocabulary) + 1 for f in fields if f.vocabulary is not None
    )
    is_hashed = any(
        f.is_embedded and f.vocabulary is None and f.rows_of is None
        for f in fields
    )
    hashed = schema.num_buckets if is_hashed else 1
    return dataclasses.replace(
        schema, fields=fields, num_buckets=owned + hashed
    )
