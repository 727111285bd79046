"""Values that occur often enough for a row of the table to themselves."""

import dataclasses
from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping

import numpy as np
import pandas as pd

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data.schema import DatasetSchema


def with_vocabulary(
    field: FieldSpec, counts: Counter[str], min_count: int
) -> FieldSpec:
    """The field with the texts that occur often, the most frequent first.

    A float's buckets and what is not embedded have no vocabulary.

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
    blocks: Iterable[Mapping[str, np.ndarray]],
    min_count: int,
) -> DatasetSchema:
    """The schema with vocabularies, and a table of just their rows.

    Rows that other fields are hashed into stay as many as they are.

    Args:
        schema: `DatasetSchema`, without vocabularies.
        blocks: columns of the training rows, a part at a time.
        min_count: int > 0.
    """
    counts: dict[str, Counter[str]] = {
        field.name: Counter() for field in schema.preprocessor.id_fields
    }
    for block in blocks:
        for field in schema.preprocessor.id_fields:
            codes, values = pd.factorize(block[field.name])
            numbers = np.bincount(codes, minlength=len(values)).tolist()
            for value, number in zip(values.tolist(), numbers, strict=True):
                counts[field.name][field.text(value)] += number
    fields = tuple(
        with_vocabulary(field, counts[field.name], min_count)
        if field.is_embedded
        else field
        for field in schema.fields
    )
    owned = sum(
        len(f.vocabulary) + 1 for f in fields if f.vocabulary is not None
    )
    is_hashed = any(f.is_embedded and f.vocabulary is None for f in fields)
    hashed = schema.num_buckets if is_hashed else 1
    return dataclasses.replace(
        schema, fields=fields, num_buckets=owned + hashed
    )
