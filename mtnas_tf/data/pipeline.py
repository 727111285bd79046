"""TFDS records -> arrays in memory -> batches."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

import tfds_builders  # noqa: F401  (registers our builders with TFDS)
from mtnas_tf.data.beam import beam_options
from mtnas_tf.data.beam import generate_on_beam
from mtnas_tf.data.catalog import CATALOG
from mtnas_tf.data.multi_task_data import MultiTaskData
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.split import Split

SPLITS = ("train", "valid", "test")
RECORDS_PER_PARSE = 8192


def prepare(
    name: str,
    raw_dir: str | Path | None = None,
    data_dir: str | Path | None = None,
    beam: str | None = None,
) -> Any:
    """Builds a data set's TFDS records, if they are not there yet.

    Args:
        name: name of the data set, `"name/config"` for a variant.
        raw_dir: where the raw files of a manual download lie. Defaults to
            TFDS's own `manual_dir`.
        data_dir: where the records go. Defaults to TFDS's own.
        beam: options of an Apache Beam pipeline that does it, `name=value`
            between commas, such as `"runner=DirectRunner"`. Defaults to
            `None`, without Beam.

    Returns:
        The TFDS builder, prepared.
    """
    schema_of(name)
    builder = tfds.builder(name, data_dir=data_dir)
    manual_dir = None if raw_dir is None else str(Path(raw_dir).resolve())
    config = tfds.download.DownloadConfig(manual_dir=manual_dir)
    if beam is not None:
        config.beam_options = beam_options(beam)
        generate_on_beam(builder)
    builder.download_and_prepare(download_config=config)
    return builder


def load(
    name: str,
    *,
    data_dir: str | Path | None = None,
    batch_size: int = 512,
    reward_batch_size: int = 1024,
    num_buckets: int | None = None,
    split_seed: int = 0,
    seed: int = 0,
) -> MultiTaskData:
    """Loads a data set into memory, hashed and split.

    Args:
        name: a name of `mtnas_tf.data.CATALOG`, `"name/config"` for a variant.
        data_dir: where the TFDS records lie; prepared first if they do not.
            Defaults to TFDS's own.
        batch_size: int > 0. Training rows per step. Defaults to `512`.
        reward_batch_size: int > 0. Validation rows per search step. Defaults to
            `1024`.
        num_buckets: int > 0. Rows of the embedding table. Defaults to the
            catalog's.
        split_seed: int >= 0. 0 is the data set's own split; any other number
            re-shuffles all rows into splits of the same sizes. Defaults to `0`.
        seed: int. Seed of the order of training rows. Defaults to `0`.

    Returns:
        `MultiTaskData`.
    """
    schema = schema_of(name)
    if num_buckets is not None:
        schema = dataclasses.replace(schema, num_buckets=num_buckets)
    if split_seed < 0:
        raise ValueError(
            f"`split_seed` must not be negative. Received: {split_seed}"
        )
    builder = prepare(name, data_dir=data_dir)
    schema = _with_vector_sizes(schema, builder)
    splits = [_encode(schema, read_columns(builder, s, schema)) for s in SPLITS]
    if split_seed:
        splits = _resplit(splits, split_seed)
    train, valid, test = splits
    return MultiTaskData(
        schema,
        train,
        valid,
        test,
        batch_size=batch_size,
        reward_batch_size=reward_batch_size,
        seed=seed,
    )


def schema_of(name: str) -> DatasetSchema:
    """The catalog's schema of a data set, whatever its variant."""
    schema = CATALOG.get(name.partition("/")[0])
    if schema is None:
        raise ValueError(
            f"`name` must be one of {sorted(CATALOG)}. Received: name={name!r}"
        )
    return schema


def _with_vector_sizes(schema: DatasetSchema, builder: Any) -> DatasetSchema:
    """Takes the width of vector fields from the prepared data."""
    fields = tuple(
        dataclasses.replace(f, size=builder.info.features[f.name].shape[0])
        if f.kind == "vector"
        else f
        for f in schema.fields
    )
    return dataclasses.replace(schema, fields=fields)


def read_columns(
    builder: Any, split: str, schema: DatasetSchema
) -> dict[str, np.ndarray]:
    """The schema's columns of one split."""
    names = [f.name for f in schema.fields] + list(schema.task_names)
    is_chunked = builder.info.features[schema.task_names[0]].shape == (None,)
    read = _read_chunks if is_chunked else _read_rows
    parts = list(read(builder, split, names).as_numpy_iterator())
    return {n: np.concatenate([part[n] for part in parts]) for n in names}


def _read_chunks(builder: Any, split: str, names: list[str]) -> Any:
    """Columns of a thousand rows or so at a time, as they were stored."""
    wanted = tfds.decode.PartialDecoding(dict.fromkeys(names, True))
    once = tfds.ReadConfig(try_autocache=False)
    return builder.as_dataset(split=split, decoders=wanted, read_config=once)


def _read_rows(builder: Any, split: str, names: list[str]) -> Any:
    """Columns of a block of records of one row each.

    Records are parsed a block at a time; decoding them one by one, as
    `tfds.load` does, is more than ten times slower.
    """
    infos = builder.info.features.get_serialized_info()
    spec = {
        name: tf.io.FixedLenFeature(
            infos[name].shape, _stored_dtype(infos[name].tf_dtype)
        )
        for name in names
    }
    return (
        tf.data.TFRecordDataset(builder.info.splits[split].filepaths)
        .batch(RECORDS_PER_PARSE)
        .map(lambda block: tf.io.parse_example(block, spec))
    )


def _stored_dtype(dtype: Any) -> Any:
    """An Example holds every integer as int64."""
    return tf.int64 if dtype.is_integer else dtype


def _encode(schema: DatasetSchema, columns: dict[str, np.ndarray]) -> Split:
    labels = {
        name: columns[name].astype(np.float32)[:, None]
        for name in schema.task_names
    }
    return Split(schema.preprocessor(columns), schema.mask(labels))


def _resplit(splits: list[Split], split_seed: int) -> list[Split]:
    rows = Split.concatenate(splits)
    order = np.random.default_rng(split_seed).permutation(len(rows))
    ends = np.cumsum([len(split) for split in splits])[:-1]
    return [rows.take(part) for part in np.split(order, ends)]
