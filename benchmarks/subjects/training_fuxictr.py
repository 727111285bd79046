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
import sys
import tempfile
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from fuxictr.features import FeatureMap
from fuxictr.pytorch.dataloaders import RankDataLoader
from fuxictr.pytorch.layers import FeatureEmbedding
from fuxictr.pytorch.layers import MLP_Block
from fuxictr.pytorch.models import MultiTaskModel

from benchmarks.step_clock import StepClock
from benchmarks.subjects.sparse_torch import sparse_rounds
from benchmarks.workload import TASKS
from benchmarks.workload import Workload

PACKAGES = ("fuxictr", "torch", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment."""
    workload = Workload(**config["workload"])
    model = _MMoE(_feature_map(workload), workload)
    if config["variant"] == "tuned":
        columns = torch.from_numpy(workload.ids.T.copy())
        batches = [
            dict(zip(workload.field_names, batch, strict=True))
            for batch in columns.split(workload.batch_size, dim=1)
        ]
        return sparse_rounds(model, model.probabilities, batches, workload)
    return _fit_rounds(model, workload)


def _fit_rounds(
    model: "_MMoE", workload: Workload
) -> Callable[[], dict[str, float]]:
    loader = _loader(model.feature_map, workload)
    clock = StepClock(workload.batch_size, len(loader))
    model.optimizer.register_step_post_hook(clock.tick)

    def train(steps: int) -> None:
        model.fit(_FirstBatches(loader, steps))

    clock.warm_up(train)
    return lambda: clock.measure_round(train)


def _loader(feature_map: Any, workload: Workload) -> Any:
    columns = dict(zip(workload.field_names, workload.ids.T, strict=True))
    labels = dict(zip(TASKS, workload.labels.T, strict=True))
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "train.npz"
        np.savez(path, **columns, **labels)
        loader, _ = RankDataLoader(
            feature_map,
            stage="train",
            train_data=str(path),
            batch_size=workload.batch_size,
        )
    return loader


def _feature_map(workload: Workload) -> Any:
    feature_map = FeatureMap("random", data_dir="")
    for name in workload.field_names:
        feature_map.features[name] = {
            "type": "categorical",
            "source": "",
            "vocab_size": workload.field_rows,
        }
    feature_map.labels = list(TASKS)
    feature_map.num_fields = workload.num_fields
    feature_map.set_column_index()
    return feature_map


class _FirstBatches:
    """The first batches of a loader's next pass."""

    def __init__(self, loader: Any, steps: int) -> None:
        self._loader = loader
        self._steps = steps

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[Any]:
        return itertools.islice(self._loader, self._steps)


class _MMoE(MultiTaskModel):
    """Experts and gates on the embeddings, one dense unit a task."""

    def __init__(self, feature_map: Any, workload: Workload) -> None:
        super().__init__(
            feature_map,
            task=["binary_classification"] * len(TASKS),
            num_tasks=len(TASKS),
            eval_steps=sys.maxsize,
            verbose=0,
            model_root="",
            metrics=[],
        )
        width = workload.num_fields * workload.embedding_dim
        self.embedding = FeatureEmbedding(feature_map, workload.embedding_dim)
        self.experts = torch.nn.ModuleList(
            MLP_Block(width, [workload.units])
            for _ in range(workload.num_experts)
        )
        self.gates = torch.nn.ModuleList(
            MLP_Block(width, output_dim=workload.num_experts) for _ in TASKS
        )
        self.towers = torch.nn.ModuleList(
            MLP_Block(workload.units, output_dim=1) for _ in TASKS
        )
        self.compile("adam", "binary_crossentropy", workload.learning_rate)
        self.reset_parameters()

    def forward(self, batch: dict[str, Any]) -> dict[str, Any]:
        features = self.embedding(self.get_inputs(batch), flatten_emb=True)
        experts = torch.stack([e(features) for e in self.experts], dim=1)
        predictions = {}
        for index, task in enumerate(TASKS):
            gate = self.gates[index](features).softmax(dim=1)
            mix = (gate.unsqueeze(2) * experts).sum(dim=1)
            activate = self.output_activation[index]
            predictions[f"{task}_pred"] = activate(self.towers[index](mix))
        return predictions

    def probabilities(self, batch: dict[str, Any]) -> Any:
        """Predictions of all tasks, `(batch, tasks)`."""
        return torch.cat(list(self(batch).values()), dim=1)

    def load_weights(self, checkpoint: str) -> None:
        """Does nothing: `fit` would end with a checkpoint never written."""
