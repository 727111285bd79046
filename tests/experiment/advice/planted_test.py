"""Planted conflicts are found, and none where there is none."""

import dataclasses

import pytest

from mtnas_tf.config import BaseConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.config import OptimConfig
from mtnas_tf.experiment.advice.advice import advice_on
from mtnas_tf.experiment.advice.trainings import Trainings
from studies.synthetic_rows import SyntheticRows

# One unit has room for one function.
CONFIG = ExperimentConfig(
    base=BaseConfig(normalization="batch"),
    model=ModelConfig(num_layers=1, units=1),
    optim=OptimConfig(epochs=6, patience=6, learning_rate=0.05),
)


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 1.0])
def test_a_conflict_is_found_where_it_was_planted(correlation):
    rows = SyntheticRows(
        num_train=2000, num_features=8, num_sines=0, correlation=correlation
    )
    trainings = Trainings(CONFIG, rows.schema, num_starts=2)
    found = []
    for seed in range(2):
        config = dataclasses.replace(CONFIG, seed=seed)
        advice = advice_on(
            config, rows.draw(seed), trainings, 5, lambda line: None
        )
        found.append(advice["verdict"] == "conflict")
    assert found == [correlation == 0.0] * 2
