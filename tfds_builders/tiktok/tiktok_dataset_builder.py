"""ICME 2019 Short Video Understanding Challenge, track 2 (ByteDance).

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
    """Builds Tiktok from the file the user already has."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = parsing.HOW_TO_GET
    BUILDER_CONFIGS = record_layout.LAYOUTS

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=record_layout.features(
                parsing.DTYPES, self.builder_config
            ),
            homepage="https://biendata.xyz/competition/icmechallenge2019/",
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, SizedExamples]:
        path = raw_file.find(dl_manager, parsing.TRAIN)
        if path is None:
            raise FileNotFoundError(
                f"`manual_dir` must hold {parsing.TRAIN} or {parsing.TRAIN}.gz."
                f" Received: neither\n{parsing.HOW_TO_GET}"
            )
        splits = assign_splits(
            raw_file.count_lines(path), parsing.SPLIT_SIZES, parsing.SPLIT_SEED
        )
        return {
            name: SizedExamples(
                self._generate_examples(path, splits, index),
                record_layout.num_records(
                    int(np.count_nonzero(splits == index)), self.builder_config
                ),
            )
            for index, name in enumerate(parsing.SPLIT_SIZES)
        }

    def _generate_examples(
        self, path: epath.Path, splits: np.ndarray, index: int
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        # Read anew for every split: cheaper than keeping all rows in memory.
        with raw_file.open_raw(path) as file:
            blocks = parsing.members_of_split(
                parsing.parse_windows(file),
                splits == index,
                seed=parsing.SPLIT_SEED,
            )
            yield from record_layout.records(blocks, self.builder_config)
