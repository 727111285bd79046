"""Which models are trained in which places."""

import re
import types

import pytest

from mtnas_tf.population import ModelTrainer
from mtnas_tf.population import Trained
from mtnas_tf.population import model_trainer

DATA = object()


@pytest.fixture
def started(monkeypatch):
    """Seeds of every start of the population, in which nothing is trained."""

    def train_together(population, data, seeds, epochs, patience):
        assert (population.seeds, data) == (seeds, DATA)
        started.append(seeds)
        return [Trained(seed, epochs, {"patience": patience}) for seed in seeds]

    started = []
    monkeypatch.setattr(model_trainer, "train_together", train_together)
    return started


def new_trainer(**kwargs):
    population = types.SimpleNamespace(num_models=3)
    population.initialize = lambda seeds: setattr(population, "seeds", seeds)
    return ModelTrainer(population, **kwargs)


def test_seeds_take_their_places_in_turn(started):
    trainer = new_trainer(epochs=5, patience=2)
    chunks = list(trainer.train(DATA, range(4, 9)))
    assert started == [[4, 5, 6], [7, 8, 8]]
    assert [[each.seed for each in chunk] for chunk in chunks] == [
        [4, 5, 6],
        [7, 8],
    ]
    assert chunks[0][0] == Trained(4, 5, {"patience": 2})


def test_a_population_is_filled_when_its_results_are_asked_for(started):
    trainings = new_trainer().train(DATA, range(6))
    next(trainings)
    assert started == [[0, 1, 2]]


@pytest.mark.parametrize("kwargs", [{"epochs": 0}, {"patience": -1}])
def test_lengths_are_checked(kwargs):
    ((name, value),) = kwargs.items()
    with pytest.raises(ValueError, match=re.escape(f"{name}={value}")):
        new_trainer(**kwargs)
