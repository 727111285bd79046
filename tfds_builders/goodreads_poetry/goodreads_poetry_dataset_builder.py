"""Goodreads, poetry (Wan and McAuley, RecSys 2018), for academic use only.

Records are described in README.md.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from etils import epath

# Absolute, because `tfds build` imports this folder by itself.
from tfds_builders import raw_file
from tfds_builders import record_layout
from tfds_builders.sized_examples import SizedExamples
from tfds_builders.split_assignment import assign_splits

from . import parsing


class Builder(tfds.core.GeneratorBasedBuilder):
    """Builds Goodreads poetry from downloads, or files the user has."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = parsing.HOW_TO_GET
    BUILDER_CONFIGS = record_layout.LAYOUTS

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=record_layout.features(
                parsing.DTYPES, self.builder_config
            ),
            homepage="https://cseweb.ucsd.edu/~jmcauley/datasets/goodreads.html",
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, SizedExamples]:
        paths = _raw_files(dl_manager)
        books = parsing.parse_books(raw_file.read_lines(paths[parsing.BOOKS]))
        interactions = parsing.parse_interactions(
            raw_file.read_lines(paths[parsing.INTERACTIONS])
        )
        splits = assign_splits(
            len(interactions), parsing.SPLIT_SIZES, parsing.SPLIT_SEED
        )
        rows = {
            name: parsing.rows_of_split(splits, index, parsing.SPLIT_SEED)
            for index, name in enumerate(parsing.SPLIT_SIZES)
        }
        return {
            name: SizedExamples(
                self._generate_examples(interactions, books, own),
                record_layout.num_records(len(own), self.builder_config),
            )
            for name, own in rows.items()
        }

    def _generate_examples(
        self,
        interactions: parsing.Interactions,
        books: parsing.Books,
        rows: np.ndarray,
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        blocks = parsing.joined_rows(interactions, books, rows)
        return record_layout.records(blocks, self.builder_config)


def _raw_files(
    dl_manager: tfds.download.DownloadManager,
) -> dict[str, epath.Path]:
    """Both files, each from `manual_dir` if it lies there."""
    names = (parsing.INTERACTIONS, parsing.BOOKS)
    found = {name: raw_file.find(dl_manager, name) for name in names}
    paths = {name: path for name, path in found.items() if path}
    urls = {n: f"{parsing.URL}{n}.gz" for n in names if n not in paths}
    return {**paths, **dl_manager.download(urls)}
