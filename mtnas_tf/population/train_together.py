"""Trains the networks of a population, each to its best epoch."""

import math
from collections.abc import Sequence

import numpy as np

from mtnas_tf.data import MultiTaskData
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.models.finite_guard import FiniteGuard
from mtnas_tf.models.fit_progress import FitProgress
from mtnas_tf.population.population import Population
from mtnas_tf.population.trained import Trained
from mtnas_tf.progress import advance
from mtnas_tf.types import TaskMetrics


def train_together(
    population: Population,
    data: MultiTaskData,
    seeds: Sequence[int],
    epochs: int,
    patience: int,
    full_epochs: int | None = None,
) -> list[Trained]:
    """Trains all networks of a population that was initialized.

    A network that does not improve any more is trained on beside the others,
    and gets the weights of its best epoch back.

    Args:
        population: `Population`, compiled.
        data: `MultiTaskData`.
        seeds: int for each network, of its fresh weights.
        epochs: int > 0. Most epochs.
        patience: int >= 0. Epochs without a smaller validation loss after which
            a training ends.
        full_epochs: int > 0. Epochs that count as one training in the progress
            that is shown. Defaults to `None`, `epochs`.
    """
    full_epochs = full_epochs or epochs
    best = _BestEpochs(len(seeds), patience)
    steps = FitProgress(verbose=0, work=1 / full_epochs)
    for epoch in range(epochs):
        data.seek(epoch)
        population.fit(
            data.train,
            callbacks=[FiniteGuard(), steps],
            shuffle=False,  # the data shuffle themselves
            verbose=0,
        )
        metrics = population.evaluate_each(data.valid)
        tasks = population.schema.tasks
        losses = [mtl_loss(tasks, each) for each in metrics]
        improved = best.update(metrics, losses)
        if epochs > 1 and improved.any():
            best.keep(improved, population.weights_by_candidate())
        if best.are_all_ended:
            break
    # What an early end leaves out.
    advance((epochs - 1 - epoch) / full_epochs)
    if epochs > 1:
        population.assign_by_candidate(best.weights)
    return [
        Trained(seed, int(best.epochs[i]), best.metrics[i])
        for i, seed in enumerate(seeds)
    ]


class _BestEpochs:
    """The best epoch so far of each of several trainings."""

    def __init__(self, count: int, patience: int) -> None:
        self.patience = patience
        self.metrics: list[TaskMetrics] = [{}] * count
        self.losses = np.full(count, math.inf)
        self.epochs = np.zeros(count, int)  # trained
        self.waited = np.zeros(count, int)
        self.weights: list[np.ndarray] = []

    @property
    def are_all_ended(self) -> bool:
        return bool((self.waited >= max(self.patience, 1)).all())

    def update(
        self, metrics: list[TaskMetrics], losses: Sequence[float]
    ) -> np.ndarray:
        """Takes what an epoch ended with; returns which trainings improved."""
        goes_on = self.waited < max(self.patience, 1)
        improved = goes_on & (losses < self.losses)
        self.epochs += goes_on
        self.waited = np.where(improved, 0, self.waited + 1)
        self.losses = np.where(improved, losses, self.losses)
        for index in np.flatnonzero(improved):
            self.metrics[index] = metrics[index]
        return improved

    def keep(self, improved: np.ndarray, weights: list[np.ndarray]) -> None:
        """Keeps the weights of the trainings that improved."""
        if not self.weights:
            self.weights = weights
            return
        for kept, new in zip(self.weights, weights, strict=True):
            kept[improved] = new[improved]
