"""An MMoE on FuxiCTR's base model, layers and data loader.

FuxiCTR's package ships no MMoE (it is in the repository's model zoo), so the
model is put together here from the package's `FeatureEmbedding` and
`MLP_Block`, to which whole trainings pass their options. A table per field;
biases in gates and towers; gradients clipped. Variants of a step:
`"defaults"`: its `fit` on its NPZ loader (which reads the file into memory
once; one worker process), Adam, whose step visits every row of the tables;
`"tuned"`: `sparse_rounds`, without clipping.
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

from benchmarks.harness.step_clock import StepClock
from benchmarks.peers.mmoe_shape import MMoEShape
from benchmarks.peers.sparse_torch import sparse_rounds
from benchmarks.peers.torch_epochs import predict_tensors
from benchmarks.peers.torch_epochs import train_epochs
from benchmarks.peers.trial import Trial
from benchmarks.peers.trial import seeded_rounds
from benchmarks.workload import TASKS
from benchmarks.workload import Workload

PACKAGES = ("fuxictr", "torch", "numpy")


def step_rounds(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment; a round is some more steps."""
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
    model: "FuxiCTRMMoE", workload: Workload
) -> Callable[[], dict[str, float]]:
    columns = dict(zip(workload.field_names, workload.ids.T, strict=True))
    columns |= zip(TASKS, workload.labels.T, strict=True)
    loader = _npz_loader(model.feature_map, columns, workload.batch_size)
    clock = StepClock(workload.batch_size, len(loader))
    model.optimizer.register_step_post_hook(clock.tick)

    def train(steps: int) -> None:
        model.fit(_FirstBatches(loader, steps))

    clock.warm_up(train)
    return lambda: clock.measure_round(train)


def training_rounds(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """Trains with the next seed at every call."""
    return seeded_rounds(Trial.from_config(config), _train)


def _train(trial: Trial, seed: int) -> int:
    torch.manual_seed(seed)
    data = trial.data
    model = FuxiCTRMMoE(data.shape, trial.learning_rate, **trial.options)
    labels = zip(data.tasks, data.labels["train"].T, strict=True)
    loader = _npz_loader(
        model.feature_map,
        {**data.columns("train"), **dict(labels)},
        trial.batch_size,
    )
    predict = predict_tensors(model, model.probabilities)
    return train_epochs(trial, seed, model, lambda: model.fit(loader), predict)


def _npz_loader(
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


class FuxiCTRMMoE(MultiTaskModel):
    """Experts and gates on the embeddings, one dense unit a task; compiled.

    Args:
        shape: `MMoEShape`.
        learning_rate: float. Of Adam.
        **options: passed to the `MLP_Block` of an expert.
    """

    def __init__(
        self, shape: MMoEShape, learning_rate: float, **options: Any
    ) -> None:
        feature_map = _new_feature_map(shape)
        super().__init__(
            feature_map,
            task=["binary_classification"] * len(shape.tasks),
            num_tasks=len(shape.tasks),
            eval_steps=sys.maxsize,
            verbose=0,
            model_root="",
            metrics=[],
        )
        width = len(shape.tables) * shape.embedding_dim
        self.embedding = FeatureEmbedding(feature_map, shape.embedding_dim)
        self.experts = torch.nn.ModuleList(
            MLP_Block(width, [shape.units], **options)
            for _ in range(shape.num_experts)
        )
        self.gates = torch.nn.ModuleList(
            MLP_Block(width, output_dim=shape.num_experts) for _ in shape.tasks
        )
        self.towers = torch.nn.ModuleList(
            MLP_Block(shape.units, output_dim=1) for _ in shape.tasks
        )
        self.compile("adam", "binary_crossentropy", learning_rate)
        self.reset_parameters()

    def forward(self, batch: dict[str, Any]) -> dict[str, Any]:
        features = self.embedding(self.get_inputs(batch), flatten_emb=True)
        experts = torch.stack([e(features) for e in self.experts], dim=1)
        predictions = {}
        for index, task in enumerate(self.feature_map.labels):
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


def _new_feature_map(shape: MMoEShape) -> Any:
    feature_map = FeatureMap("random", data_dir="")
    for name, rows in shape.tables.items():
        feature_map.features[name] = {
            "type": "categorical",
            "source": "",
            "vocab_size": rows,
        }
    feature_map.labels = list(shape.tasks)
    feature_map.num_fields = len(shape.tables)
    feature_map.set_column_index()
    return feature_map
