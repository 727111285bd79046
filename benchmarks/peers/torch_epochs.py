"""Training of a PyTorch model by a library's own epochs."""

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.peers.trial import EVALUATED
from benchmarks.peers.trial import Trial


def train_epochs(
    trial: Trial,
    seed: int,
    model: Any,
    train_epoch: Callable[[], Any],
    predict: Callable[[dict[str, Any]], Any],
) -> int:
    """Trains, and writes predictions after every epoch.

    Args:
        trial: what to train.
        seed: int. The training's.
        model: `torch.nn.Module`.
        train_epoch: trains it for an epoch.
        predict: columns of ids -> array `(rows, tasks)`.

    Returns:
        Parameters outside embedding tables.
    """
    for epoch in range(trial.epochs):
        train_epoch()
        predictions = {s: predict(trial.data.columns(s)) for s in EVALUATED}
        trial.write(seed, epoch, predictions)
    num_weights = sum(p.numel() for p in model.parameters())
    return num_weights - trial.data.shape.num_table_weights


def predict_tensors(
    model: Any, probabilities: Callable[[dict[str, Any]], Any]
) -> Callable[[dict[str, Any]], Any]:
    """Predictions of a model that takes a tensor of ids for each field.

    Args:
        model: `torch.nn.Module`, switched to evaluation.
        probabilities: tensors of ids -> tensor `(rows, tasks)`.
    """

    def predict(columns: dict[str, Any]) -> Any:
        model.eval()
        with torch.inference_mode():
            ids = {name: torch.tensor(rows) for name, rows in columns.items()}
            return probabilities(ids).numpy()

    return predict
