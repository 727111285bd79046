"""Test metrics of networks, and within domains, from one pass."""

import pytest
import toy_roles
from tolerances import near

from mtnas_tf.data import MultiTaskData
from mtnas_tf.metrics import evaluate_domains
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.metrics_on_test import each_on_test
from mtnas_tf.search.candidates.metrics_on_test import metrics_on_test

SCHEMA = toy_roles.SCHEMA
SPACE = RouteSpace(SCHEMA.task_names, 1, 2)


@pytest.fixture(scope="module")
def data():
    splits = [toy_roles.make_split(rows, seed=rows) for rows in (9, 8, 60)]
    return MultiTaskData(SCHEMA, *splits, batch_size=3)


@pytest.fixture(scope="module")
def population():
    population = RoutePopulation(
        SCHEMA,
        SPACE,
        num_candidates=2,
        units=3,
        table_initializer="random_normal",
    )
    population.compile(jit_compile=False, run_eagerly=True)
    population.initialize([SPACE.full_route()] * 2, seeds=range(2))
    return population


def test_networks_side_by_side_are_tested_as_alone(population, data):
    found = each_on_test(population, data)
    each = population.evaluate_each(data.test)
    assert [ours["test"] for ours in found] == [near(theirs) for theirs in each]
    network = population.network(1)
    alone = metrics_on_test(network, data)
    assert alone["test"] == near(network.evaluate_by_task(data.test))
    for task, of_task in evaluate_domains(network, data.splits["test"]).items():
        for tab, values in of_task.items():
            assert alone["test_domains"][task][tab] == near(values)
            assert found[1]["test_domains"][task][tab] == near(values)
    home = [each["test_domains"]["click"]["home"]["auc"] for each in found]
    assert home[0] != home[1]


def test_without_domains_there_are_none(population, data):
    splits = [data.splits[name] for name in ("train", "valid", "test")]
    plain = MultiTaskData(SCHEMA.without_roles, *splits, batch_size=3)
    assert [list(each) for each in each_on_test(population, plain)] == [
        ["test"],
        ["test"],
    ]
    assert list(metrics_on_test(population, plain)) == ["test"]
