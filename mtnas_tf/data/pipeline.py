"""Prepares data sets, and loads their records as batches."""

import dataclasses
import functools
import sys
from collections.abc import Callable
from collections.abc import Collection
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds
from etils import epath

import tfds_builders
from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import encoded_splits
from mtnas_tf.data.beam import beam_options
from mtnas_tf.data.beam import generate_on_beam
from mtnas_tf.data.catalog import CATALOG
from mtnas_tf.data.catalog import IMAGES
from mtnas_tf.data.catalog import VARIANTS
from mtnas_tf.data.catalog import has_holdout
from mtnas_tf.data.counted_examples import counted_examples
from mtnas_tf.data.dealing import Dealing
from mtnas_tf.data.image_records import check_image_options
from mtnas_tf.data.image_records import load_images
from mtnas_tf.data.machine_memory import machine_memory
from mtnas_tf.data.multi_task_data import MultiTaskData
from mtnas_tf.data.records import count_all_rows
from mtnas_tf.data.records import num_rows_of
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.streamed_data import SHUFFLE_WINDOW
from mtnas_tf.data.streamed_data import StreamedData
from mtnas_tf.data.vocabulary import with_vocabularies
from mtnas_tf.stages import are_stages_shown
from mtnas_tf.stages import counted

# All builders; the catalog lacks those of images.
PREPARABLE = tuple(
    module.removesuffix("_dataset_builder") for module in tfds_builders.__all__
)
STORAGES = ("auto", "memory", "disk")
MEMORY_SHARE = 0.25


def prepare(
    name: str,
    raw_dir: str | Path | None = None,
    data_dir: str | Path | None = None,
    beam: str | None = None,
) -> tfds.core.DatasetBuilder:
    """Builds a data set's TFDS records, if they are not there yet.

    Args:
        name: name of the data set, `"name/config"` for a variant.
        raw_dir: where the raw files of a manual download lie. Defaults to
            TFDS's own `manual_dir`.
        data_dir: where the records go. Defaults to TFDS's own.
        beam: options of an Apache Beam pipeline that prepares the records,
            `name=value` between commas, such as `"runner=DirectRunner"`.
            Defaults to `None`, without Beam.

    Returns:
        The TFDS builder, prepared.

    Example:
    >>> builder = prepare("synthetic_mtl", data_dir="tfds")
    >>> builder.info.splits["train"].num_examples
    8000
    """
    _check_name(name, PREPARABLE)
    # A log would hold every step of TFDS's bars.
    if are_stages_shown() or not sys.stderr.isatty():
        tfds.disable_progress_bar()
    builder = tfds.builder(name, data_dir=_place(data_dir))
    raw = _place(raw_dir)
    manual_dir = None if raw is None else str(epath.Path(raw).resolve())
    config = tfds.download.DownloadConfig(manual_dir=manual_dir)
    if beam is not None:
        config.beam_options = beam_options(beam)
        generate_on_beam(builder)
    is_counted = are_stages_shown() and beam is None
    with counted_examples(builder) if is_counted else nullcontext():
        builder.download_and_prepare(download_config=config)
    return builder


def load(
    name: str,
    *,
    data_dir: str | Path | None = None,
    batch_size: int | None = None,
    reward_batch_size: int = 1024,
    num_buckets: int | None = None,
    min_count: int | None = None,
    split_seed: int = 0,
    holdout: float = 0.0,
    reads_holdout: bool = False,
    seed: int = 0,
    storage: str = "auto",
    shuffle_window: int = SHUFFLE_WINDOW,
) -> Any:
    """Loads a data set, hashed and split, or its images.

    Rows that are streamed from disk are encoded once, into
    `<records>/encoded/<key>/<dealing>`, an `EncodedStore` in the
    folder of the TFDS records, keyed by the schema. It is reused, and may be
    deleted at any time.

    Args:
        name: a name of `mtnas_tf.data.CATALOG`, or `"omniglot_mtl"`;
            `"name/config"` for a variant. Of images only `data_dir`,
            `batch_size` and `seed` count; what else changes rows is refused.
        data_dir: where the TFDS records lie; prepared first if they do not.
            Defaults to TFDS's own.
        batch_size: int > 0. Training rows per step. Defaults to 512, or less
            for few rows, see `default_batch_size`; 16 of images.
        reward_batch_size: int > 1. Validation rows per search step. Defaults to
            `1024`.
        num_buckets: int > 0. Rows of the embedding table. Defaults to the
            catalog's.
        min_count: int > 0. Values that occur at least so often in the training
            rows get a row of the table to themselves, and all others of a field
            share one. Defaults to `None`: values are hashed.
        split_seed: int >= 0. 0 is the data set's own split; any other number
            re-shuffles all rows into splits of the same sizes: on disk the same
            as in memory, but for their order. Defaults to `0`.
        holdout: float in [0, 1). Share of rows that no split contains, the same
            rows for every `split_seed`: kept for one last look after every
            setting was chosen. Must be 0 for a data set that comes with a
            hold-out. Defaults to `0.0`.
        reads_holdout: bool. Whether to take that look: the held-out rows, or
            those of the data set's own hold-out, then replace the test split.
            Defaults to `False`.
        seed: int. Seed of the order of training rows. Defaults to `0`.
        storage: where encoded rows are kept: `"memory"`, `"disk"` (streamed, in
            bounded memory) or `"auto"` (in memory if they take at most a
            quarter of the machine's). Defaults to `"auto"`.
        shuffle_window: int > 0. Rows that are shuffled together if they are
            streamed, see `StreamedData`. Defaults to `1048576`.

    Returns:
        `MultiTaskData`, a `StreamedData` if rows are on disk; an
        `ImageTaskData` of images.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds", batch_size=64)
    >>> data.schema.task_names, data.steps_per_epoch
    (('task_0', 'task_1'), 125)
    """
    _check_name(name, (*CATALOG, *IMAGES))
    dealing = _dealing(name, split_seed, holdout, reads_holdout)
    check_choices(STORAGES, storage=storage)
    check_ints(2, reward_batch_size=reward_batch_size)
    sizes = {
        "batch_size": batch_size,
        "num_buckets": num_buckets,
        "min_count": min_count,
        "shuffle_window": shuffle_window,
    }
    # Before hours of preparation.
    check_ints(1, **{k: size for k, size in sizes.items() if size is not None})
    if name.partition("/")[0] in IMAGES:
        check_image_options(num_buckets, min_count, dealing)
        return load_images(prepare(name, data_dir=data_dir), batch_size, seed)
    schema = schema_of(name)
    if num_buckets is not None:
        schema = dataclasses.replace(schema, num_buckets=num_buckets)
    builder = prepare(name, data_dir=data_dir)
    schema = _with_vector_sizes(schema, builder)
    if min_count is not None:
        blocks = encoded_splits.training_blocks(builder, schema, dealing)
        rows = counted(blocks, "vocabularies", size=num_rows_of)
        schema = with_vocabularies(schema, rows, min_count)
    kind: Callable[..., MultiTaskData] = MultiTaskData
    if storage == "memory" or (storage == "auto" and _fits(builder, schema)):
        splits = encoded_splits.in_memory(builder, schema, dealing)
    else:
        splits = encoded_splits.on_disk(builder, schema, dealing).splits
        kind = functools.partial(StreamedData, shuffle_window=shuffle_window)
    return kind(
        schema,
        **splits,
        batch_size=batch_size,
        reward_batch_size=reward_batch_size,
        seed=seed,
    )


def schema_of(name: str) -> DatasetSchema:
    """The catalog's schema of a data set or of a variant of it."""
    _check_name(name, CATALOG)
    return VARIANTS.get(name, CATALOG[name.partition("/")[0]])


def _dealing(
    name: str, split_seed: int, holdout: float, reads_holdout: bool
) -> Dealing:
    if not has_holdout(name):
        return Dealing(split_seed, holdout, reads_holdout)
    if holdout:
        raise ValueError(
            f"`holdout` must be 0 for {name!r}, which comes with a hold-out. "
            f"Received: holdout={holdout}"
        )
    return Dealing(split_seed, reads_own_holdout=reads_holdout)


def _with_vector_sizes(
    schema: DatasetSchema, builder: tfds.core.DatasetBuilder
) -> DatasetSchema:
    """Takes the width of vector fields from the prepared data."""
    fields = tuple(
        dataclasses.replace(f, size=builder.info.features[f.name].shape[-1])
        if f.kind == "vector"
        else f
        for f in schema.fields
    )
    return dataclasses.replace(schema, fields=fields)


def _place(path: str | Path | None) -> str | None:
    """A folder here, or in a bucket, as TFDS takes it."""
    return None if path is None else str(epath.Path(path).expanduser())


def _check_name(name: str, known: Collection[str]) -> None:
    check_instances(str, name=name)
    if name.partition("/")[0] not in known:
        raise ValueError(
            f"`name` must be one of {sorted(known)}. Received: name={name!r}"
        )


def _fits(builder: tfds.core.DatasetBuilder, schema: DatasetSchema) -> bool:
    """Whether encoded rows take at most their share of the memory."""
    width = sum(schema.input_widths.values()) + len(schema.tasks)
    num_rows = count_all_rows(builder, schema)
    return 4 * width * num_rows <= MEMORY_SHARE * machine_memory()
