"""KuaiRand (Gao et al., CIKM 2022), under CC BY-SA 4.0.

Records are described in README.md.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from etils import epath

# Absolute, because `tfds build` imports this folder by itself.
from tfds_builders import raw_file

from . import column_names
from . import parsing
from .feature_table import FeatureTable


@dataclasses.dataclass(eq=False)
class KuairandConfig(tfds.core.BuilderConfig):
    """One version of the data.

    Args:
        data_version: string. "pure" or "1k".
    """

    data_version: str = "pure"

    def __post_init__(self) -> None:
        if self.data_version not in parsing.VERSIONS:
            raise ValueError(
                f"`data_version` must be one of {tuple(parsing.VERSIONS)}. "
                f"Received: data_version={self.data_version!r}"
            )


class Builder(tfds.core.GeneratorBasedBuilder):
    """Builds KuaiRand from files the user already has."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = parsing.HOW_TO_GET
    BUILDER_CONFIGS = [
        KuairandConfig(
            name=version, description=f"{folder}.", data_version=version
        )
        for version, (folder, *_) in parsing.VERSIONS.items()
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        scalar = tfds.features.Scalar
        labels = column_names.LABELS.values()
        features = {
            **{name: tfds.features.Text() for name in column_names.TEXTS},
            **{name: scalar(np.int64) for name in column_names.INTEGERS},
            **{name: scalar(np.float32) for name in labels},
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage="https://kuairand.com",
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        paths = parsing.find_files(
            raw_file.manual_dir(dl_manager), self.builder_config.data_version
        )
        users = parsing.read_users(paths[parsing.USERS])
        videos = parsing.read_videos(paths[parsing.VIDEOS])
        return {
            split: self._generate_examples(paths, users, videos, split)
            for split in parsing.SPLITS
        }

    def _generate_examples(
        self,
        paths: dict[str, epath.Path],
        users: FeatureTable,
        videos: FeatureTable,
        split: str,
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        version = self.builder_config.data_version
        for key, row in parsing.read_split(paths, version, split):
            yield key, parsing.join(row, users, videos)
