"""A trainer as a small value that other processes open."""

import dataclasses
import functools

import keras

from mtnas_tf.population.candidate_trainer import CandidateTrainer
from mtnas_tf.population.route_population import RoutePopulation


@dataclasses.dataclass(frozen=True)
class StoredTrainer:
    """A `CandidateTrainer` without the weights, which every training replaces.

    Args:
        population: JSON of its `RoutePopulation` and how it is compiled.
        epochs: see `CandidateTrainer`.
        patience: see `CandidateTrainer`.
        full_epochs: epochs that count as one training in the progress.
    """

    population: str
    epochs: int
    patience: int
    full_epochs: int

    @classmethod
    def of(cls, trainer: CandidateTrainer) -> "StoredTrainer":
        """Describes a trainer.

        Args:
            trainer: `CandidateTrainer`.
        """
        text: str = trainer.population.to_json()
        return cls(text, trainer.epochs, trainer.patience, trainer.full_epochs)

    def open(self) -> CandidateTrainer:
        """A trainer like it, on a population that this process keeps."""
        population = _population(self.population)
        trainer = CandidateTrainer(population, self.epochs, self.patience)
        trainer.full_epochs = self.full_epochs
        return trainer


@functools.lru_cache(maxsize=1)  # it is compiled once in a process
def _population(text: str) -> RoutePopulation:
    return keras.models.model_from_json(text)
