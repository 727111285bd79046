"""An MMoE on FuxiCTR's base model and layers, trained by its `fit`.

The package ships no MMoE (it is in the repository's model zoo), see
`benchmarks.subjects.fuxictr_mmoe`. A table per field; biases in gates and
towers; gradients clipped. Options are passed to the library's block of layers
that makes an expert.
"""

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.subjects.fuxictr_mmoe import FuxiCTRMMoE
from benchmarks.subjects.training_fuxictr import npz_loader
from studies.torch_epochs import predict_tensors
from studies.torch_epochs import train_epochs
from studies.trial import Trial
from studies.trial import seeded_rounds

PACKAGES = ("fuxictr", "torch", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """Trains with the next seed at every call."""
    return seeded_rounds(Trial.from_config(config), _train)


def _train(trial: Trial, seed: int) -> int:
    torch.manual_seed(seed)
    data = trial.data
    model = FuxiCTRMMoE(data.shape, trial.learning_rate, **trial.options)
    labels = zip(data.tasks, data.labels["train"].T, strict=True)
    loader = npz_loader(
        model.feature_map,
        {**data.columns("train"), **dict(labels)},
        trial.batch_size,
    )
    predict = predict_tensors(model, model.probabilities)
    return train_epochs(trial, seed, model, lambda: model.fit(loader), predict)
