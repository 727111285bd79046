"""Trains a method from any number of seeds, a few at a time."""

from collections.abc import Iterator
from collections.abc import Sequence

from mtnas_tf.arguments import check_ints
from mtnas_tf.data import MultiTaskData
from mtnas_tf.population.model_population import ModelPopulation
from mtnas_tf.population.places import in_places
from mtnas_tf.population.train_together import train_together
from mtnas_tf.population.trained import Trained


class ModelTrainer:
    """Trains any number of models in the places of a `ModelPopulation`.

    All models read the same batches in the same order.

    Args:
        population: `ModelPopulation`, compiled.
        epochs: int > 0. Most epochs of a training. Defaults to `3`.
        patience: int >= 0. A training ends when its validation loss has not
            improved for this many epochs; it keeps the weights of the best one.
            Defaults to `1`.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> def build(seed):
    ...     keras.utils.set_random_seed(seed)
    ...     return mt.models.CrossStitch(data.schema)
    >>> population = mt.population.ModelPopulation(build, num_models=4)
    >>> population.compile()
    >>> trainer = ModelTrainer(population)
    >>> for trained in trainer.train(data, seeds=range(8)):  # doctest: +SKIP
    ...     print([each.valid for each in trained])
    """

    def __init__(
        self, population: ModelPopulation, epochs: int = 3, patience: int = 1
    ) -> None:
        check_ints(epochs=epochs)
        check_ints(0, patience=patience)
        self.population = population
        self.epochs = epochs
        self.patience = patience

    def train(
        self, data: MultiTaskData, seeds: Sequence[int]
    ) -> Iterator[list[Trained]]:
        """Trains one model from each seed.

        Args:
            data: `MultiTaskData`.
            seeds: ints.

        Yields:
            What the next trainings ended with. Until the following ones are
            asked for, the population holds their models, in order.
        """
        for placed, count in in_places(seeds, self.population.num_models):
            self.population.initialize(placed)
            trained = train_together(
                self.population, data, placed, self.epochs, self.patience
            )
            yield trained[:count]
