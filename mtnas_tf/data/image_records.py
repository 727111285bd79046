"""TFDS records of images -> arrays, and their schema."""

import numpy as np
import tensorflow_datasets as tfds

from mtnas_tf.data.dealing import Dealing
from mtnas_tf.data.image_split import ImageSplit
from mtnas_tf.data.image_task_data import BATCH_SIZE
from mtnas_tf.data.image_task_data import ImageTaskData
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.split import SPLITS
from mtnas_tf.data.task_spec import TaskSpec

RECORDS_PER_BATCH = 256


def load_images(
    builder: tfds.core.DatasetBuilder,
    batch_size: int | None = None,
    seed: int = 0,
) -> ImageTaskData:
    """The images of a data set, decoded into memory as bytes.

    Args:
        builder: TFDS builder, prepared. An alphabet is a task.
        batch_size: int > 0. Defaults to `None`, 16.
        seed: see `ImageTaskData`. Defaults to `0`.
    """
    return ImageTaskData(
        image_schema(builder),
        **{split: _read(builder, split) for split in SPLITS},
        batch_size=BATCH_SIZE if batch_size is None else batch_size,
        seed=seed,
    )


def check_image_options(
    num_buckets: int | None, min_count: int | None, dealing: Dealing
) -> None:
    """Refuses options that images have no use for.

    Args:
        num_buckets: see `load`.
        min_count: see `load`.
        dealing: `Dealing` of the other options.
    """
    if (num_buckets, min_count) != (None, None) or not dealing.is_own:
        raise ValueError(
            "`num_buckets`, `min_count`, `split_seed` and `holdout` must be "
            "left out for images, which have no table and one split. Received: "
            f"num_buckets={num_buckets}, min_count={min_count}, {dealing!r}"
        )


def image_schema(builder: tfds.core.DatasetBuilder) -> DatasetSchema:
    """The schema of a data set of images.

    Args:
        builder: TFDS builder.
    """
    num_classes = builder.builder_config.num_classes
    return DatasetSchema(
        name=builder.name,
        image_shape=builder.info.features["image"].shape,
        tasks=tuple(
            TaskSpec(name=name, kind="multiclass", num_classes=count)
            for name, count in num_classes.items()
        ),
    )


def _read(builder: tfds.core.DatasetBuilder, split: str) -> ImageSplit:
    records = builder.as_dataset(split=split, batch_size=RECORDS_PER_BATCH)
    batches = list(tfds.as_numpy(records))
    images, tasks, labels = (
        np.concatenate([batch[name] for batch in batches])
        for name in ("image", "alphabet", "character")
    )
    return ImageSplit(images, tasks, labels)
