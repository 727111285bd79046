"""torch-rechub's MMoE, trained by its `MTLTrainer` on its data loader.

A table per field; batch normalization in experts and gates, linear towers. Its
loss is the mean over tasks. Options are passed to Adam; the trainer's own
default is a weight decay of 1e-5, on all rows of the tables too.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch_rechub.trainers import MTLTrainer
from torch_rechub.utils.data import DataGenerator

from benchmarks.subjects.training_torch_rechub import mmoe
from benchmarks.subjects.training_torch_rechub import task_types
from studies.torch_epochs import predict_tensors
from studies.torch_epochs import train_epochs
from studies.trial import EVALUATED
from studies.trial import Trial
from studies.trial import seeded_rounds

PACKAGES = ("torch-rechub", "torch", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """Trains with the next seed at every call."""
    return seeded_rounds(Trial.from_config(config), _train)


def _train(trial: Trial, seed: int) -> int:
    torch.manual_seed(seed)
    data = trial.data
    model = mmoe(data.shape)
    trainer = MTLTrainer(
        model,
        task_types(data.shape),
        optimizer_params={"lr": trial.learning_rate, **trial.options},
    )
    rows = [(data.columns(s), data.labels[s]) for s in ("train", *EVALUATED)]
    train, valid, test = rows
    loader, _, _ = DataGenerator(*train).generate_dataloader(
        *valid, *test, batch_size=trial.batch_size
    )
    return train_epochs(
        trial,
        seed,
        model,
        lambda: trainer.train_one_epoch(loader),
        predict_tensors(model, model),
    )
