"""Synthetic tasks (arXiv:2009.00387, equations 6 to 9); nothing to download.

Records are described in README.md.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

# Absolute, because `tfds build` imports this folder by itself.
from tfds_builders.sized_examples import SizedExamples

from . import generator


@dataclasses.dataclass(eq=False)
class SyntheticMtlConfig(tfds.core.BuilderConfig):
    """Parameters of the data that are drawn.

    Args:
        correlation: float in [-1, 1]. Cosine of the two weight vectors; the
            labels correlate less (see README.md). Defaults to `0.0`.
        num_rows: int >= 10. Rows of all splits together, cut 8:1:1. Defaults
            to `10_000`.
        num_features: int >= 2. Width of `x`. Defaults to `100`.
        scale: float > 0. Length of the weight vectors. Defaults to `1.0`.
        num_sines: int >= 0. Sines added to the linear term. Defaults to `10`.
        noise_variance: float >= 0. Variance of the labels' Gaussian noise.
            Defaults to `0.01`.
        seed: int >= 0. Seed of everything drawn. Defaults to `0`.
    """

    correlation: float = 0.0
    num_rows: int = 10_000
    num_features: int = 100
    scale: float = 1.0
    num_sines: int = 10
    noise_variance: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        self._check("correlation", -1 <= self.correlation <= 1, "in [-1, 1]")
        self._check("num_rows", self.num_rows >= 10, "at least 10")
        self._check("num_features", self.num_features >= 2, "at least 2")
        self._check("scale", self.scale > 0, "positive")
        self._check("num_sines", self.num_sines >= 0, "at least 0")
        self._check("noise_variance", self.noise_variance >= 0, "at least 0")
        self._check("seed", self.seed >= 0, "at least 0")

    def _check(self, name: str, holds: bool, rule: str) -> None:
        if not holds:
            raise ValueError(
                f"`{name}` must be {rule}. "
                f"Received: {name}={getattr(self, name)}"
            )


class Builder(tfds.core.GeneratorBasedBuilder):
    """Builds two regression tasks of a chosen correlation."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    BUILDER_CONFIGS = [
        SyntheticMtlConfig(
            name=f"p{percent}",
            description=f"Weight vectors of cosine {percent / 100}.",
            correlation=percent / 100,
        )
        for percent in (0, 20, 50, 80, 90, 100)
    ] + [
        SyntheticMtlConfig(
            name="small",
            description="Weight vectors of cosine 0 in 20 dimensions, 4 sines.",
            num_features=20,
            num_sines=4,
        )
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "x": tfds.features.Tensor(
                        shape=(self.builder_config.num_features,),
                        dtype=np.float32,
                    ),
                    "task_0": tfds.features.Scalar(np.float32),
                    "task_1": tfds.features.Scalar(np.float32),
                }
            ),
            homepage="https://arxiv.org/abs/2009.00387",
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, SizedExamples]:
        config = self.builder_config
        rng = np.random.default_rng(config.seed)
        tasks = generator.draw_tasks(
            rng,
            correlation=config.correlation,
            num_features=config.num_features,
            scale=config.scale,
            num_sines=config.num_sines,
        )
        inputs, labels = generator.draw_rows(
            rng,
            tasks,
            num_rows=config.num_rows,
            noise_variance=config.noise_variance,
        )
        tenth = config.num_rows // 10
        train = slice(0, config.num_rows - 2 * tenth)
        valid = slice(train.stop, train.stop + tenth)
        test = slice(valid.stop, None)
        splits = {"train": train, "valid": valid, "test": test}
        return {
            name: SizedExamples(
                self._generate_examples(inputs[rows], labels[rows]),
                len(inputs[rows]),
            )
            for name, rows in splits.items()
        }

    def _generate_examples(
        self, inputs: np.ndarray, labels: np.ndarray
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        for row, (x, (task_0, task_1)) in enumerate(
            zip(inputs, labels, strict=True)
        ):
            yield row, {"x": x, "task_0": task_0, "task_1": task_1}
