"""Book-Crossing (Ziegler et al., WWW 2005), for research with acknowledgement.

Records are described in README.md.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

# Absolute, because `tfds build` imports this folder by itself.
from tfds_builders import raw_file
from tfds_builders.sized_examples import SizedExamples

from . import parsing

_INTEGERS = ("age", "year", "rating")
_LABELS = ("rated", "satisfied")
_TEXTS = (
    "user_id",
    "age_bucket",
    "location",
    "city",
    "state",
    "country",
    "isbn",
    "title",
    "author",
    "publisher",
    "image_url_s",
    "image_url_m",
    "image_url_l",
)


class Builder(tfds.core.GeneratorBasedBuilder):
    """Builds Book-Crossing from files the user already has."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = parsing.HOW_TO_GET

    def _info(self) -> tfds.core.DatasetInfo:
        features = {
            **{name: tfds.features.Text() for name in _TEXTS},
            **{name: tfds.features.Scalar(np.int32) for name in _INTEGERS},
            **{name: tfds.features.Scalar(np.float32) for name in _LABELS},
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage="http://www2.informatik.uni-freiburg.de/~cziegler/BX/",
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, SizedExamples]:
        files = parsing.read_files(raw_file.manual_dir(dl_manager))
        ratings = parsing.parse_ratings(files[parsing.RATINGS])
        users = parsing.parse_users(files[parsing.USERS])
        books = parsing.parse_books(files[parsing.BOOKS])
        return {
            split: SizedExamples(
                self._generate_examples(rows.tolist(), ratings, users, books),
                len(rows),
            )
            for split, rows in parsing.split_rows(len(ratings)).items()
        }

    def _generate_examples(
        self,
        rows: Iterable[int],
        ratings: list[tuple[str, str, int]],
        users: dict[str, dict[str, Any]],
        books: dict[str, dict[str, Any]],
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        for row in rows:
            yield row, parsing.join(ratings[row], users, books)
