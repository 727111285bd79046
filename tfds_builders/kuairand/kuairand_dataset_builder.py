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
from tfds_builders.sized_examples import SizedExamples

from . import column_names
from . import files
from . import parsing
from .feature_table import FeatureTable


@dataclasses.dataclass(eq=False)
class KuairandConfig(tfds.core.BuilderConfig):
    """One version of the data, with labels of some tasks.

    Args:
        data_version: string. "pure" or "1k".
        tasks: sequence of strings, of `column_names.TASKS`. Defaults to the
            five of which at least 1 % of the rows are positive.
    """

    data_version: str = "pure"
    tasks: tuple[str, ...] = column_names.COMMON_TASKS

    def __post_init__(self) -> None:
        if self.data_version not in files.VERSIONS:
            raise ValueError(
                f"`data_version` must be one of {tuple(files.VERSIONS)}. "
                f"Received: data_version={self.data_version!r}"
            )
        known = column_names.TASKS
        if not self.tasks or not {*self.tasks} <= {*known}:
            raise ValueError(
                f"`tasks` must be some of {known}. Received: tasks={self.tasks}"
            )


def _configs(version: str, folder: str) -> list[KuairandConfig]:
    few = KuairandConfig(
        name=version, description=f"{folder}.", data_version=version
    )
    every = KuairandConfig(
        name=f"{version}_all",
        description=f"{folder}, every signal a task.",
        data_version=version,
        tasks=column_names.TASKS,
    )
    return [few, every]


class Builder(tfds.core.GeneratorBasedBuilder):
    """Builds KuaiRand from files the user already has."""

    VERSION = tfds.core.Version("2.0.0")
    RELEASE_NOTES = {
        "1.0.0": "Initial release.",
        "2.0.0": (
            "Every signal may be a task. Other days are split, repeats left "
            "out, and a hold-out dealt by user; absent logs are no error."
        ),
    }
    MANUAL_DOWNLOAD_INSTRUCTIONS = files.HOW_TO_GET
    BUILDER_CONFIGS = [
        config
        for version, (folder, *_) in files.VERSIONS.items()
        for config in _configs(version, folder)
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        scalar = tfds.features.Scalar
        tasks = self.builder_config.tasks
        integers = column_names.integers_beside(tasks)
        features = {
            **{name: tfds.features.Text() for name in column_names.TEXTS},
            **{name: scalar(np.int64) for name in integers},
            **{name: scalar(np.float32) for name in tasks},
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage="https://kuairand.com",
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, SizedExamples]:
        paths = files.find_files(
            raw_file.manual_dir(dl_manager), self.builder_config.data_version
        )
        users = files.read_users(paths[files.USERS])
        videos = files.read_videos(paths[files.VIDEOS])
        return {
            split: SizedExamples(
                self._generate_examples(paths, users, videos, split), size
            )
            for split, size in files.split_sizes(paths).items()
        }

    def _generate_examples(
        self,
        paths: dict[str, epath.Path],
        users: FeatureTable,
        videos: FeatureTable,
        split: str,
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        config = self.builder_config
        for key, row in files.read_split(paths, config.data_version, split):
            yield key, parsing.join(row, users, videos, config.tasks)
