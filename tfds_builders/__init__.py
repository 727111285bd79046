"""TFDS builders; importing the package registers them with `tfds.load`."""

from tfds_builders.ali_ccp import ali_ccp_dataset_builder
from tfds_builders.aliexpress import aliexpress_dataset_builder
from tfds_builders.book_crossing import book_crossing_dataset_builder
from tfds_builders.census_income import census_income_dataset_builder
from tfds_builders.goodreads_poetry import goodreads_poetry_dataset_builder
from tfds_builders.kuairand import kuairand_dataset_builder
from tfds_builders.omniglot_mtl import omniglot_mtl_dataset_builder
from tfds_builders.synthetic_log import synthetic_log_dataset_builder
from tfds_builders.synthetic_mtl import synthetic_mtl_dataset_builder
from tfds_builders.tiktok import tiktok_dataset_builder

__all__ = [
    "ali_ccp_dataset_builder",
    "aliexpress_dataset_builder",
    "book_crossing_dataset_builder",
    "census_income_dataset_builder",
    "goodreads_poetry_dataset_builder",
    "kuairand_dataset_builder",
    "omniglot_mtl_dataset_builder",
    "synthetic_log_dataset_builder",
    "synthetic_mtl_dataset_builder",
    "tiktok_dataset_builder",
]
