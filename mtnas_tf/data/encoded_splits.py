"""TFDS records -> the encoded rows of train, valid and test."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from mtnas_tf.data.catalog import HOLDOUT
from mtnas_tf.data.dealing import Dealing
from mtnas_tf.data.dealing import deal
from mtnas_tf.data.dealing import deal_blocks
from mtnas_tf.data.encoded_store import FORMAT_VERSION
from mtnas_tf.data.encoded_store import EncodedStore
from mtnas_tf.data.records import BLOCK_ROWS
from mtnas_tf.data.records import Columns
from mtnas_tf.data.records import count_all_rows
from mtnas_tf.data.records import read_blocks
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.split import SPLITS
from mtnas_tf.data.split import Split
from mtnas_tf.stages import counted


def in_memory(
    builder: tfds.core.DatasetBuilder, schema: DatasetSchema, dealing: Dealing
) -> dict[str, Split]:
    """The rows of each split as arrays.

    Args:
        builder: a TFDS builder, prepared.
        schema: `DatasetSchema`.
        dealing: `Dealing`.
    """
    parts: dict[str, list[Split]] = {split: [] for split in SPLITS}
    for split, rows in _encoded_splits(builder, schema):
        parts[split].append(rows)
    splits = [Split.concatenate(parts[split]) for split in SPLITS]
    if not dealing.is_own:
        splits = deal(splits, dealing)
    named = dict(zip(SPLITS, splits, strict=True))
    if dealing.reads_own_holdout:
        held = _encoded(builder, HOLDOUT, schema)
        named["test"] = Split.concatenate(list(held))
    return named


def on_disk(
    builder: tfds.core.DatasetBuilder, schema: DatasetSchema, dealing: Dealing
) -> EncodedStore:
    """A store of the rows in the builder's folder, written if it is not there.

    Args:
        builder: a TFDS builder, prepared.
        schema: `DatasetSchema`.
        dealing: `Dealing`.
    """
    text = json.dumps([FORMAT_VERSION, schema.to_dict()], sort_keys=True)
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = Path(builder.data_dir, "encoded", key, str(dealing))
    if path.exists():
        return EncodedStore(path)
    if dealing.reads_own_holdout:
        kept = on_disk(builder, schema, Dealing(dealing.seed))
        chunks = _with_holdout(kept, builder)
    elif not dealing.is_own:
        own = on_disk(builder, schema, Dealing())
        chunks = deal_blocks(own.splits, dealing)
    else:
        chunks = _encoded_splits(builder, schema)
    return EncodedStore.write(path, schema, chunks)


def _with_holdout(
    store: EncodedStore, builder: tfds.core.DatasetBuilder
) -> Iterator[tuple[str, Split]]:
    """Rows of a store, those of the hold-out in place of test."""
    for name in SPLITS[:-1]:
        for block in store.splits[name].blocks(BLOCK_ROWS):
            yield name, block
    for rows in _encoded(builder, HOLDOUT, store.schema):
        yield SPLITS[-1], rows


def training_blocks(
    builder: tfds.core.DatasetBuilder, schema: DatasetSchema, dealing: Dealing
) -> Iterator[Columns]:
    """Columns of the rows that are dealt to training.

    Args:
        builder: a TFDS builder, prepared.
        schema: `DatasetSchema`.
        dealing: `Dealing`.
    """
    if dealing.is_own:
        yield from read_blocks(builder, "train", schema)
        return
    task = schema.task_names[0]
    sizes = [
        sum(len(block[task]) for block in read_blocks(builder, split, schema))
        for split in SPLITS
    ]
    is_train = dealing.splits_of_rows(sizes) == 0
    start = 0
    for split in SPLITS:
        for block in read_blocks(builder, split, schema):
            own = is_train[start : start + len(block[task])]
            start += len(own)
            yield {name: values[own] for name, values in block.items()}


def _encoded_splits(
    builder: tfds.core.DatasetBuilder, schema: DatasetSchema
) -> Iterator[tuple[str, Split]]:
    """Every split's name with its next rows."""
    rows = (
        (split, block)
        for split in SPLITS
        for block in _encoded(builder, split, schema)
    )
    total = count_all_rows(builder, schema)
    return counted(rows, "encoding", total, size=lambda part: len(part[1]))


def _encoded(
    builder: tfds.core.DatasetBuilder, split: str, schema: DatasetSchema
) -> Iterator[Split]:
    for block in read_blocks(builder, split, schema):
        yield _encode(schema, block)


def _encode(schema: DatasetSchema, columns: Columns) -> Split:
    labels = {
        name: columns[name].astype(np.float32)[:, None]
        for name in schema.task_names
    }
    return Split(schema.preprocessor(columns), schema.mask(labels))
