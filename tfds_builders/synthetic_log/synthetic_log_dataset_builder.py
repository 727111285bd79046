"""A made-up log of interactions; nothing to download.

Records are described in README.md.
"""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

# Absolute, because `tfds build` imports this folder by itself.
from tfds_builders.sized_examples import SizedExamples

from . import generator

# As many rows to test with as to train on: differences can be seen.
SHARES = {"train": 5, "valid": 3, "test": 5}


@dataclasses.dataclass(eq=False)
class SyntheticLogConfig(tfds.core.BuilderConfig):
    """What is drawn.

    Args:
        num_rows: int >= 13. Rows of all splits together, cut 5:3:5. Defaults
            to `26_000`.
        seed: int >= 0. Seed of everything drawn. Defaults to `0`.
        frequency: float > 0. Of the sine that makes an appeal of the effects:
            the higher, the harder it is to learn. Defaults to `2.2`.
    """

    num_rows: int = 26_000
    seed: int = 0
    frequency: float = generator.FREQUENCY

    def __post_init__(self) -> None:
        self._check("num_rows", self.num_rows >= 13, "at least 13")
        self._check("seed", self.seed >= 0, "at least 0")
        is_frequency = 0 < self.frequency < math.inf
        self._check("frequency", is_frequency, "positive and finite")

    def _check(self, name: str, holds: bool, rule: str) -> None:
        if not holds:
            raise ValueError(
                f"`{name}` must be {rule}. "
                f"Received: {name}={getattr(self, name)}"
            )


class Builder(tfds.core.GeneratorBasedBuilder):
    """Builds a log of interactions with two groups of tasks."""

    VERSION = tfds.core.Version("3.0.0")
    RELEASE_NOTES = {
        "3.0.0": "Half the training rows, and appeals of frequency 2.2.",
        "2.0.0": "Appeals of frequency 2.5, not 1.7: other labels.",
        "1.0.0": "Initial release.",
    }
    BUILDER_CONFIGS = [
        SyntheticLogConfig(
            name=f"seed{seed}",
            description=f"Effects and rows of seed {seed}.",
            seed=seed,
        )
        for seed in range(10)
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    **{
                        name: tfds.features.Scalar(np.int64)
                        for name in generator.FIELDS
                    },
                    **{
                        task: tfds.features.Scalar(np.int64)
                        for task in generator.RATES
                    },
                    **{
                        f"{task}_probability": tfds.features.Scalar(np.float32)
                        for task in generator.RATES
                    },
                }
            ),
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, SizedExamples]:
        config = self.builder_config
        log = generator.draw_log(config.seed, config.num_rows, config.frequency)
        columns = {
            **log.fields,
            **log.labels,
            **{f"{k}_probability": p for k, p in log.probabilities.items()},
        }
        total = sum(SHARES.values())
        ends = np.cumsum([*SHARES.values()]) * config.num_rows // total
        starts = [0, *ends[:-1]]
        return {
            name: SizedExamples(
                self._generate_examples(columns, range(start, end)), end - start
            )
            for name, start, end in zip(SHARES, starts, ends, strict=True)
        }

    def _generate_examples(
        self, columns: dict[str, np.ndarray], rows: range
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        for row in rows:
            yield row, {name: values[row] for name, values in columns.items()}
