"""Census-Income (KDD), 1994 and 1995 (UCI, 2000), under CC BY 4.0.

Records are described in README.md.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

# Absolute, because `tfds build` imports this folder by itself.
from tfds_builders import raw_file
from tfds_builders.sized_examples import SizedExamples

from . import parsing

_INTEGERS = (
    *parsing.INTEGERS,
    "wage_per_hour_bucket",
    "stock_dividends_bucket",
)
_FLOATS = ("instance_weight", "income", "never_married")


class Builder(tfds.core.GeneratorBasedBuilder):
    """Builds Census-Income (KDD) from files the user already has."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = parsing.HOW_TO_GET

    def _info(self) -> tfds.core.DatasetInfo:
        features = {
            **{name: tfds.features.Text() for name in parsing.TEXTS},
            **{name: tfds.features.Scalar(np.int32) for name in _INTEGERS},
            **{name: tfds.features.Scalar(np.float32) for name in _FLOATS},
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage="https://archive.ics.uci.edu/dataset/117",
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, SizedExamples]:
        files = parsing.read_files(raw_file.manual_dir(dl_manager))
        splits = parsing.split_rows({n: len(ls) for n, ls in files.items()})
        return {
            split: SizedExamples(
                self._generate_examples(name, files[name], rows.tolist()),
                len(rows),
            )
            for split, (name, rows) in splits.items()
        }

    def _generate_examples(
        self, name: str, lines: Sequence[bytes], rows: Iterable[int]
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        for row in rows:
            yield row, parsing.parse_line(name, row + 1, lines[row])
