"""Omniglot (Lake et al., Science 2015), an alphabet a task, under MIT.

Records are described in README.md.
"""

import dataclasses
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from etils import epath

# Absolute, because `tfds build` imports this folder by itself.
from tfds_builders import raw_file
from tfds_builders.sized_examples import SizedExamples

from . import drawing_image
from . import parsing


@dataclasses.dataclass(eq=False)
class OmniglotMtlConfig(tfds.core.BuilderConfig):
    """Number of alphabets, each of which is a task, and size of the images.

    Args:
        num_alphabets: int in 1 to 50. The first of `parsing.ALPHABETS`.
            Defaults to `20`.
        image_size: int in 1 to 105. Height and width. Defaults to `105`, that
            of the files.
    """

    num_alphabets: int = 20
    image_size: int = drawing_image.SIZE

    def __post_init__(self) -> None:
        if not 1 <= self.num_alphabets <= len(parsing.ALPHABETS):
            raise ValueError(
                f"`num_alphabets` must be in 1 to {len(parsing.ALPHABETS)}. "
                f"Received: num_alphabets={self.num_alphabets}"
            )
        if not 1 <= self.image_size <= drawing_image.SIZE:
            raise ValueError(
                f"`image_size` must be in 1 to {drawing_image.SIZE}. "
                f"Received: image_size={self.image_size}"
            )

    @property
    def alphabets(self) -> tuple[str, ...]:
        return parsing.ALPHABETS[: self.num_alphabets]

    @property
    def num_classes(self) -> dict[str, int]:
        """Alphabet -> its characters, as published."""
        return {name: parsing.NUM_CHARACTERS[name] for name in self.alphabets}


class Builder(tfds.core.GeneratorBasedBuilder):
    """Builds Omniglot from downloads, or files the user has."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = parsing.HOW_TO_GET
    # The first is the default.
    BUILDER_CONFIGS = [
        OmniglotMtlConfig(name="first_20", description="20 alphabets."),
        OmniglotMtlConfig(
            name="all", description="All 50 alphabets.", num_alphabets=50
        ),
        OmniglotMtlConfig(
            name="first_20_28x28",
            description="20 alphabets in images of 28 x 28 pixels.",
            image_size=28,
        ),
        OmniglotMtlConfig(
            name="first_10_28x28",
            description="10 alphabets in images of 28 x 28 pixels.",
            num_alphabets=10,
            image_size=28,
        ),
        OmniglotMtlConfig(
            name="first_10_56x56",
            description="10 alphabets in images of 56 x 56 pixels.",
            num_alphabets=10,
            image_size=56,
        ),
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        size = self.builder_config.image_size
        features = {
            "image": tfds.features.Image(
                shape=(size, size, 1), dtype=np.uint8, encoding_format="png"
            ),
            "alphabet": tfds.features.ClassLabel(
                names=self.builder_config.alphabets
            ),
            "character": tfds.features.Scalar(np.int32),
            "drawer": tfds.features.Scalar(np.int32),
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage="https://github.com/brendenlake/omniglot",
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, SizedExamples]:
        drawings = [
            drawing
            for path in _archives(dl_manager)
            for drawing in parsing.read_drawings(path)
        ]
        wanted = parsing.of_alphabets(drawings, self.builder_config.alphabets)
        return {
            split: SizedExamples(self._generate_examples(members), len(members))
            for split, members in parsing.split_drawings(wanted).items()
        }

    def _generate_examples(
        self, drawings: Iterable[parsing.Drawing]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for drawing in drawings:
            record = parsing.record(drawing, self.builder_config.image_size)
            yield "{alphabet}/{character}/{drawer}".format(**record), record


def _archives(dl_manager: tfds.download.DownloadManager) -> list[epath.Path]:
    """Both zip files, each from `manual_dir` if it lies there."""
    found = {name: raw_file.find(dl_manager, name) for name in parsing.ARCHIVES}
    urls = {n: f"{parsing.URL}{n}" for n, path in found.items() if not path}
    downloaded = dl_manager.download(urls)
    return [found[name] or downloaded[name] for name in parsing.ARCHIVES]
