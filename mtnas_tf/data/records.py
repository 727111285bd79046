"""TFDS records -> columns of rows, a block at a time.

A record holds one row, or many: every feature then has a leading dimension of
unknown length, `(None,)` for a scalar.
"""

from collections.abc import Iterable
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.split import SPLITS

BLOCK_ROWS = 2**18
RECORDS_PER_PARSE = 8192

Columns = dict[str, np.ndarray]


def read_blocks(
    builder: tfds.core.DatasetBuilder, split: str, schema: DatasetSchema
) -> Iterator[Columns]:
    """The schema's columns of one split, in blocks of some 260,000 rows.

    Records of one row are parsed many at a time; decoding them one by one, as
    `tfds.load` does, is more than ten times slower.

    Args:
        builder: a TFDS builder, prepared.
        split: its split.
        schema: `DatasetSchema`.

    Yields:
        dict column -> array of a block's rows.
    """
    if _are_chunked(builder, schema):
        columns = _chunks(builder, split, schema)
    else:
        columns = _rows(builder, split, schema)
    return _joined(columns, BLOCK_ROWS)


def count_rows(
    builder: tfds.core.DatasetBuilder, split: str, schema: DatasetSchema
) -> int:
    """Number of rows of a split, all records being as long as the first."""
    num_records = builder.info.splits[split].num_examples
    if not _are_chunked(builder, schema) or not num_records:
        return num_records
    return num_records * num_rows_of(next(_chunks(builder, split, schema)))


def count_all_rows(
    builder: tfds.core.DatasetBuilder, schema: DatasetSchema
) -> int:
    """Number of rows of all splits, see `count_rows`."""
    return sum(count_rows(builder, split, schema) for split in SPLITS)


def _names(schema: DatasetSchema) -> list[str]:
    return [field.name for field in schema.fields] + list(schema.task_names)


def _are_chunked(
    builder: tfds.core.DatasetBuilder, schema: DatasetSchema
) -> bool:
    """Whether records hold many rows each."""
    features = builder.info.features
    shapes = {name: features[name].shape for name in _names(schema)}
    are_chunked = {shape[:1] == (None,) for shape in shapes.values()}
    if len(are_chunked) > 1:
        raise ValueError(
            "Features must hold one row a record, or all of them many. "
            f"Received: {shapes}"
        )
    return are_chunked.pop()


def _rows(
    builder: tfds.core.DatasetBuilder, split: str, schema: DatasetSchema
) -> Iterator[Columns]:
    infos = builder.info.features.get_serialized_info()
    spec = {
        name: tf.io.FixedLenFeature(
            infos[name].shape, _stored_dtype(infos[name].tf_dtype)
        )
        for name in _names(schema)
    }
    blocks = (
        tf.data.TFRecordDataset(builder.info.splits[split].filepaths)
        .batch(RECORDS_PER_PARSE)
        .map(lambda block: tf.io.parse_example(block, spec))
    )
    return iter(blocks.as_numpy_iterator())


def _stored_dtype(dtype: tf.DType) -> tf.DType:
    """An Example holds every integer as int64."""
    return tf.int64 if dtype.is_integer else dtype


def _chunks(
    builder: tfds.core.DatasetBuilder, split: str, schema: DatasetSchema
) -> Iterator[Columns]:
    features = tfds.features.FeaturesDict(
        {name: builder.info.features[name] for name in _names(schema)}
    )
    records = tf.data.TFRecordDataset(builder.info.splits[split].filepaths)
    chunks = records.map(features.deserialize_example).prefetch(2)
    for index, chunk in enumerate(chunks.as_numpy_iterator()):
        lengths = {name: len(values) for name, values in chunk.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(
                f"Record {index} of split '{split}' must hold the same number "
                f"of rows in every feature. Received: {lengths}"
            )
        yield chunk


def _joined(parts: Iterable[Columns], num_rows: int) -> Iterator[Columns]:
    """Consecutive parts joined until they have at least as many rows."""
    held: list[Columns] = []
    count = 0
    for part in parts:
        held.append(part)
        count += num_rows_of(part)
        if count >= num_rows:
            yield _concatenated(held)
            held, count = [], 0
    if held:
        yield _concatenated(held)


def _concatenated(parts: list[Columns]) -> Columns:
    return {k: np.concatenate([part[k] for part in parts]) for k in parts[0]}


def num_rows_of(columns: Columns) -> int:
    """Number of rows of some columns."""
    return len(next(iter(columns.values())))
