"""Trainings of a part of a pass, and trunks on trained tables."""

import numpy as np
import pytest
from tolerances import NETWORK_TERMS
from tolerances import assert_near
from toy_data import make_data

from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates import validation_score
from studies.short_trainings import give_tables
from studies.short_trainings import judged
from studies.short_trainings import trained_tables

SEED = 3


@pytest.fixture(scope="module")
def data():
    return make_data()


@pytest.fixture(scope="module")
def trainer(data):
    space = RouteSpace(data.schema.task_names, 1, 2, num_tables=2)
    return CandidateTrainer.in_space(
        data.schema, space, 2, epochs=1, jit_compile=False, units=4
    )


@pytest.fixture(scope="module")
def routes(trainer):
    rng = np.random.default_rng(0)
    space = trainer.population.space
    return [space.full_route(), *(space.random_route(rng) for _ in range(2))]


def test_a_whole_pass_is_a_training_whatever_was_read_before(
    data, trainer, routes
):
    trained = trainer.train(data, routes, [SEED] * len(routes))
    expected = [
        validation_score(data.schema.tasks, candidate.valid)
        for candidates in trained
        for candidate in candidates
    ]
    found = judged(trainer.population, data, routes, SEED, (0.5, 1.0))
    assert list(found) == [0.5, 1.0]
    assert_near(found[1.0], expected, NETWORK_TERMS)
    assert not np.allclose(found[0.5], found[1.0])


def test_a_training_ends_with_the_last_share(data, trainer, routes):
    judged(trainer.population, data, routes[:2], SEED, (0.25,))
    assert int(trainer.population.optimizer.iterations) == 1


def test_all_begin_with_the_same_tables(data, trainer, routes):
    population = trainer.population
    tables = trained_tables(population, data)
    assert len(tables) == population.num_candidates
    population.initialize(routes[:2], seeds=[SEED, SEED + 1])
    before = population.weights_by_candidate()
    give_tables(population, tables[1])
    after = population.weights_by_candidate()
    changed = [
        index
        for index, (old, new) in enumerate(zip(before, after, strict=True))
        if not np.array_equal(old, new)
    ]
    assert len(changed) == len(tables[1]) == 2
    for index, table in zip(changed, tables[1], strict=True):
        np.testing.assert_array_equal(after[index], [table, table])
