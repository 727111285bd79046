"""Regressions on two functions of one input, drawn in memory."""

import dataclasses

import numpy as np

from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import Split
from mtnas_tf.data import TaskSpec
from tfds_builders.synthetic_mtl import generator

NOISE_VARIANCE = 0.01
NUM_EVALUATED = 2000  # validation rows, and as many test rows


@dataclasses.dataclass(frozen=True, kw_only=True)
class SyntheticRows:
    """The two functions of `synthetic_mtl` from which rows are drawn.

    Task i is `scales[i]` times function i modulo 2, standardised, plus noise of
    its own.

    Args:
        num_train: int > 0. Training rows.
        correlation: float in [-1, 1]. Cosine of the functions' weight vectors.
            Defaults to `0.0`.
        scales: one float a task. Defaults to `(1.0, 1.0)`.
        num_features: int > 1. Width of the input. Defaults to `20`.
        num_sines: int >= 0. Sines added to the linear term. Defaults to `4`.
        batch_size: int > 0. Defaults to `128`.
    """

    num_train: int
    correlation: float = 0.0
    scales: tuple[float, ...] = (1.0, 1.0)
    num_features: int = 20
    num_sines: int = 4
    batch_size: int = 128

    @property
    def schema(self) -> DatasetSchema:
        """Tasks with one weight vector and different scales."""
        return DatasetSchema(
            name="synthetic",
            fields=(
                FieldSpec(name="x", kind="vector", size=self.num_features),
            ),
            tasks=tuple(
                TaskSpec(name=f"task_{index}", kind="regression")
                for index in range(len(self.scales))
            ),
            num_buckets=1,
        )

    def draw(self, seed: int) -> MultiTaskData:
        """Functions and rows of a seed, which also orders them."""
        rng = np.random.default_rng(seed)
        functions = generator.draw_tasks(
            rng,
            correlation=self.correlation,
            num_features=self.num_features,
            scale=1.0,
            num_sines=self.num_sines,
        )
        x, values = generator.draw_rows(
            rng,
            functions,
            num_rows=self.num_train + 2 * NUM_EVALUATED,
            noise_variance=0.0,
        )
        rows = Split({"values": x}, self._labels(rng, values))
        ends = [self.num_train, self.num_train + NUM_EVALUATED]
        train, valid, test = np.split(np.arange(len(rows)), ends)
        return MultiTaskData(
            self.schema,
            rows.take(train),
            rows.take(valid),
            rows.take(test),
            batch_size=self.batch_size,
            seed=seed,
        )

    def _labels(
        self, rng: np.random.Generator, values: np.ndarray
    ) -> dict[str, np.ndarray]:
        values = (values - values.mean(axis=0)) / values.std(axis=0)
        labels = {}
        for index, scale in enumerate(self.scales):
            noise = np.sqrt(NOISE_VARIANCE) * rng.standard_normal(len(values))
            label = scale * values[:, index % 2] + noise
            labels[f"task_{index}"] = label[:, None].astype(np.float32)
        return labels
