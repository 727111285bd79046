"""Ali-CCP (Ma et al., SIGIR 2018), for research.

Records are described in README.md.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from etils import epath

# Absolute, because `tfds build` imports this folder by itself.
from tfds_builders import raw_file
from tfds_builders.sized_examples import SizedExamples

from . import parsing
from .common_features import CommonFeatures


class Builder(tfds.core.GeneratorBasedBuilder):
    """Builds Ali-CCP from files the user already has."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = parsing.HOW_TO_GET

    def _info(self) -> tfds.core.DatasetInfo:
        scalar = tfds.features.Scalar
        features = {
            **{name: scalar(np.int32) for name in parsing.FIELDS},
            **{name: scalar(np.float32) for name in parsing.LABELS},
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage="https://tianchi.aliyun.com/dataset/408",
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, SizedExamples]:
        files = parsing.find_files(raw_file.manual_dir(dl_manager))
        common = {
            part: parsing.read_common(files[f"common_features_{part}"])
            for part in parsing.PARTS
        }
        parts = {"train": "train", "valid": "train", "test": "test"}
        sizes = parsing.about_sizes(files)
        return {
            split: SizedExamples(
                self._generate_examples(
                    files[f"sample_skeleton_{part}"], common[part], split
                ),
                sizes[split],
            )
            for split, part in parts.items()
        }

    def _generate_examples(
        self, path: epath.Path, common: CommonFeatures, split: str
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        return parsing.read_split(path, common, split)
