"""Training of an MMoE on FuxiCTR's base model, layers and data loader.

FuxiCTR's package ships no MMoE (it is in the repository's model zoo), so the
model is put together here from the package's `FeatureEmbedding` and
`MLP_Block`. A table per field. Variants: `"defaults"`: its `fit` on its NPZ
loader (which reads the file into memory once; one worker process), Adam, whose
step visits every row of the tables, gradients clipped; `"tuned"`:
`sparse_rounds`, without clipping.
"""

import itertools
import pathlib
import tempfile
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from fuxictr.pytorch.dataloaders import RankDataLoader

from benchmarks.step_clock import StepClock
from benchmarks.subjects.fuxictr_mmoe import FuxiCTRMMoE
from benchmarks.subjects.sparse_torch import sparse_rounds
from benchmarks.workload import TASKS
from benchmarks.workload import Workload

PACKAGES = ("fuxictr", "torch", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment."""
    workload = Workload(**config["workload"])
    model = FuxiCTRMMoE(workload.shape, workload.learning_rate)
    if config["variant"] == "tuned":
        columns = torch.from_numpy(workload.ids.T.copy())
        batches = [
            dict(zip(workload.field_names, batch, strict=True))
            for batch in columns.split(workload.batch_size, dim=1)
        ]
        return sparse_rounds(model, model.probabilities, batches, workload)
    return _fit_rounds(model, workload)


def _fit_rounds(
    model: FuxiCTRMMoE, workload: Workload
) -> Callable[[], dict[str, float]]:
    columns = dict(zip(workload.field_names, workload.ids.T, strict=True))
    columns |= zip(TASKS, workload.labels.T, strict=True)
    loader = npz_loader(model.feature_map, columns, workload.batch_size)
    clock = StepClock(workload.batch_size, len(loader))
    model.optimizer.register_step_post_hook(clock.tick)

    def train(steps: int) -> None:
        model.fit(_FirstBatches(loader, steps))

    clock.warm_up(train)
    return lambda: clock.measure_round(train)


def npz_loader(
    feature_map: Any, columns: dict[str, Any], batch_size: int
) -> Any:
    """The library's loader of training rows.

    Args:
        feature_map: of the model.
        columns: name of a field or a task -> its values.
        batch_size: int.
    """
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "train.npz"
        np.savez(path, **columns)
        loader, _ = RankDataLoader(
            feature_map,
            stage="train",
            train_data=str(path),
            batch_size=batch_size,
        )
    return loader


class _FirstBatches:
    """The first batches of a loader's next pass."""

    def __init__(self, loader: Any, steps: int) -> None:
        self._loader = loader
        self._steps = steps

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[Any]:
        return itertools.islice(self._loader, self._steps)
