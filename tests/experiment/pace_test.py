import numpy as np
import pytest
import toy_data
from tiny_experiment import CONFIG
from tiny_experiment import load_data

from mtnas_tf.experiment import pace
from mtnas_tf.experiment.pace import measure_pace
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.metrics import mtl_loss


class Clock:
    """In place of the module `time`."""

    now = 0.0

    def perf_counter(self):
        return self.now


class SlowPopulation:
    """Takes 7 s to begin, 2 s a step, 5 s an evaluation of a batch."""

    num_candidates = 3
    space = route_space(CONFIG, toy_data.BINARY_SCHEMA.task_names)

    def __init__(self, clock):
        self.clock = clock
        self.is_compiled = False

    def initialize(self, routes, seeds):
        assert len(routes) == len(seeds) == self.num_candidates
        self.clock.now += 7

    def fit(self, batches, **kwargs):
        self.clock.now += 2 * len(list(batches)) + 40 * (not self.is_compiled)
        self.is_compiled = True

    def evaluate_each(self, batches, steps):
        self.clock.now += 5 * steps


class Trainer:
    epochs = 3

    def __init__(self, population):
        self.population = population


@pytest.mark.parametrize(("batch_size", "num_steps"), [(50, 2), (2, 50)])
def test_pace(monkeypatch, batch_size, num_steps):
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    splits = load_data(CONFIG).splits  # 100 rows to train, a batch to validate
    data = toy_data.MultiTaskData(
        toy_data.BINARY_SCHEMA, **splits, batch_size=batch_size
    )
    found = measure_pace(Trainer(SlowPopulation(clock)), data)
    assert found.compilation == 7 + 42 + 5
    assert found.training == 7 + 3 * (2 * num_steps + 5)
    # No more than a few steps were taken.
    assert clock.now <= 54 + 7 + 2 * pace.MEASURED_STEPS + 5


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
def test_a_measured_trainer_trains_as_a_fresh_one(eagerly):
    space = route_space(CONFIG, toy_data.BINARY_SCHEMA.task_names)
    routes = [space.full_route()] * 3
    data = load_data(CONFIG)
    losses = []
    for is_measured in (False, True):
        trainer = new_trainer(CONFIG, data.schema, space)
        if is_measured:
            assert measure_pace(trainer, data).training > 0
        (found,) = trainer.train(data, routes, range(3))
        tasks = data.schema.tasks
        losses.append([mtl_loss(tasks, each.valid) for each in found])
    np.testing.assert_array_equal(*losses)
