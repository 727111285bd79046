import types

import pytest
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from toy_data import BINARY_SCHEMA
from toy_outcomes import outcome

from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison.baseline import Baseline
from mtnas_tf.experiment.effort import trainings_of_search
from mtnas_tf.experiment.quickstart import contenders
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.experiment.route_search import route_space

BASELINES = ("mmoe", "shared_bottom", "single_task")
OFTEN = with_section(CONFIG, "search", compared=("candidates",))
OFTEN = with_section(OFTEN, "model", baselines=BASELINES)


@pytest.mark.parametrize(("dense", "units"), [(1, 6), (50, 6), (90, 9)])
def test_baselines_are_no_smaller(monkeypatch, dense, units):
    class Matched:
        def __init__(self, name, config, schema, dense_parameters=0):
            self.units = dense_parameters // 10 or config.model.units

    monkeypatch.setattr(contenders, "Baseline", Matched)
    found = contenders._no_smaller("mmoe", OFTEN, BINARY_SCHEMA, dense)
    assert found.units == units


def test_all_train_from_the_same_starts(monkeypatch):
    starts_of = {}

    def no_smaller(name, config, schema, dense_parameters):
        return Scripted(name)

    class Scripted:
        units = 5

        def __init__(self, name):
            self.name = name
            self.routes = [route]

        def sizes(self):
            return {"multiply_adds": 5}

        def train(self, data, pairs, starts):
            starts_of[self.name] = starts
            return [outcome(0.5, 0.5) for _ in starts]

    def train_jobs(trainer, data, jobs):
        starts_of["searched"] = [job.start for job in jobs]
        assert {job.route for job in jobs} == {route}
        return [outcome(0.5, 0.5) for _ in jobs]

    monkeypatch.setattr(contenders, "_no_smaller", no_smaller)
    monkeypatch.setattr(contenders, "train_jobs", train_jobs)
    data = load_data(OFTEN)
    space = route_space(OFTEN, data.schema.task_names)
    route = space.full_route()
    trainer = trainer_of(space, units=6)
    found = contenders.train_contenders(OFTEN, data, trainer, route)
    assert [each.title for each in found] == [
        *("searched route", "MMoE", "Shared-Bottom", "single-task")
    ]
    assert found[0].sizes == network_sizes(route, OFTEN, data.schema)
    assert found[-1].route is None and found[1].route == route
    often = trainings_of_search(OFTEN)
    for name in BASELINES:
        assert len(starts_of[name]) == often == 9
        assert starts_of[name] == starts_of["mmoe"]
    assert starts_of["searched"] == starts_of["mmoe"][:2]


@pytest.mark.parametrize(
    ("name", "units", "is_within"),
    [("mmoe", 6, True), ("mmoe", 7, False), ("shared_bottom", 6, False)],
)
def test_networks_of_the_search_are_told(name, units, is_within):
    space = route_space(OFTEN, BINARY_SCHEMA.task_names)
    config = with_section(OFTEN, "model", units=units)
    baseline = Baseline(name, config, BINARY_SCHEMA)
    population = trainer_of(space, units=6).population
    assert contenders._is_full_route(baseline, population) == is_within


def trainer_of(space, units):
    body = types.SimpleNamespace(units=units)
    population = types.SimpleNamespace(space=space, body=body)
    return types.SimpleNamespace(population=population)


def test_effort_is_that_of_all_populations():
    # Nine networks in three places, of five populations; two in one of them.
    assert contenders.effort_of_contenders(OFTEN, num_tasks=3) == 5 * 3 + 1
