"""AliExpress Searching System (Li et al., CIKM 2020), for research.

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

from . import parsing


@dataclasses.dataclass(eq=False)
class AliexpressConfig(tfds.core.BuilderConfig):
    """One country.

    Args:
        country: string. One of "NL", "ES", "FR", "US".
    """

    country: str = "NL"

    def __post_init__(self) -> None:
        if self.country not in parsing.COUNTRIES:
            raise ValueError(
                f"`country` must be one of {parsing.COUNTRIES}. "
                f"Received: country={self.country!r}"
            )


class Builder(tfds.core.GeneratorBasedBuilder):
    """Builds one country of AliExpress from files the user already has."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = parsing.HOW_TO_GET
    BUILDER_CONFIGS = [
        AliexpressConfig(
            name=country.lower(),
            description=f"Searches from {country}.",
            country=country,
        )
        for country in parsing.COUNTRIES
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        scalar = tfds.features.Scalar
        features = {
            "search_id": scalar(np.int64),
            **{name: scalar(np.int32) for name in parsing.CATEGORICALS},
            "numerical": tfds.features.Tensor(
                shape=(len(parsing.NUMERICALS),), dtype=np.float32
            ),
            **{name: scalar(np.float32) for name in parsing.LABELS},
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage="https://tianchi.aliyun.com/dataset/74690",
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, SizedExamples]:
        files = parsing.find_files(
            raw_file.manual_dir(dl_manager), self.builder_config.country
        )
        sizes = parsing.about_sizes(files)
        return {
            split: SizedExamples(
                self._generate_examples(files, split), sizes[split]
            )
            for split in parsing.SPLITS
        }

    def _generate_examples(
        self, files: dict[str, epath.Path], split: str
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        return parsing.read_split(files, split)
