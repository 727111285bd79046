import dataclasses
import types

import numpy as np
import pytest
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from toy_data import BINARY_SCHEMA
from toy_data import SCHEMA

from mtnas_tf.config import with_section
from mtnas_tf.experiment import building
from mtnas_tf.experiment.comparison.baseline import Baseline
from mtnas_tf.experiment.comparison.new_baseline import new_baseline
from mtnas_tf.experiment.comparison.notes import notes_of
from mtnas_tf.experiment.comparison.zoo_baseline import ZooBaseline
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer

BASELINES = ("single_task", "shared_bottom", "mmoe", "ml_mmoe", "cgc")
DEEP = with_section(CONFIG, "model", num_layers=2, num_subnetworks=3)
WITH_STEM = with_section(
    with_section(DEEP, "model", root_query="stem"), "base", stem_units=4
)
OF_MEANS = with_section(DEEP, "model", aggregation="mean")


def dense(name, config, units):
    model = building.build_model(name, config, BINARY_SCHEMA, units=units)
    return building.count_parameters(model)["dense"]


def test_a_comparison_says_what_is_balanced():
    for balancing in ("pcgrad", None):
        config = with_section(CONFIG, "optim", balancing=balancing)
        config = with_section(config, "search", compared=("reinforce",))
        comparison = types.SimpleNamespace(
            config=config, schema=BINARY_SCHEMA, unfit={}
        )
        notes = notes_of(comparison)
        assert len(notes) == (balancing is not None)
        assert all("pcgrad balances the baselines" in note for note in notes)


def test_balanced_baselines_train_one_after_the_other():
    balanced = with_section(CONFIG, "optim", balancing="pcgrad")
    for name, kind in (("mmoe", ZooBaseline), ("single_task", Baseline)):
        assert type(new_baseline(name, balanced, BINARY_SCHEMA)) is kind
        assert type(new_baseline(name, CONFIG, BINARY_SCHEMA)) is Baseline


@pytest.mark.parametrize(
    ("name", "config"),
    [*((name, WITH_STEM) for name in BASELINES), ("mmoe", OF_MEANS)],
)
def test_parameters_are_those_of_the_zoo(config, name):
    baseline = Baseline(name, config, BINARY_SCHEMA)
    model = building.build_model(name, config, BINARY_SCHEMA)
    sizes = baseline.sizes()
    assert sizes["num_parameters"] == building.count_parameters(model)
    trained = 0
    for trainer in baseline.trainers:
        population = trainer.population
        route = (
            population.space.hand_made.ple()
            if name == "cgc"
            else population.space.full_route()
        )
        routes = [route] * population.num_candidates
        population.initialize(routes, range(population.num_candidates))
        network = population.network(1)
        trained += sum(map(np.size, network.trainable_variables))
    assert trained == sum(sizes["num_parameters"].values())
    assert sizes["multiply_adds"] < sizes["num_parameters"]["dense"] * 1.2


@pytest.mark.parametrize("name", BASELINES)
def test_methods_that_are_a_route_are_trained_as_one(name):
    assert isinstance(new_baseline(name, DEEP, BINARY_SCHEMA), Baseline)


@pytest.mark.parametrize(
    "name",
    (
        "learning_to_branch",
        "gumbel_allocation",
        "routing_networks",
        "ada_share",
    ),
)
def test_methods_that_choose_a_route_train_by_themselves(name):
    # The route that they start with is not what they are.
    baseline = new_baseline(name, DEEP, BINARY_SCHEMA)
    assert isinstance(baseline, ZooBaseline)
    model = building.build_model(name, DEEP, BINARY_SCHEMA)
    sizes = baseline.sizes()["num_parameters"]
    assert sizes == building.count_parameters(model)


@pytest.mark.parametrize(
    ("name", "target"), [("single_task", 1), ("mmoe", 5000)]
)
def test_width_comes_closest_to_a_number_of_parameters(name, target):
    baseline = Baseline(name, DEEP, BINARY_SCHEMA, target)
    gaps = [
        abs(dense(name, DEEP, units) - target)
        for units in (
            baseline.units,
            baseline.units + 1,
            max(baseline.units - 1, 1),
        )
    ]
    assert gaps[0] == min(gaps)
    assert {t.population.body.units for t in baseline.trainers} == {
        baseline.units
    }


@pytest.mark.parametrize("target", [1, 3000, 20_000])
def test_width_comes_closest_to_a_cost(target):
    # A dense target beside it is of no account.
    baseline = Baseline("mmoe", DEEP, BINARY_SCHEMA, 7, multiply_adds=target)
    gaps = [
        abs(baseline.sizes(units)["multiply_adds"] - target)
        for units in (
            baseline.units,
            baseline.units + 1,
            max(baseline.units - 1, 1),
        )
    ]
    assert gaps[0] == min(gaps)
    for trainer in baseline.trainers:
        assert trainer.population.body.units == baseline.units


@pytest.fixture
def trained(monkeypatch):
    """The data of trainings in which nothing is trained."""

    def train(self, data, routes, seeds):
        seen.append(data)
        names = data.schema.task_names
        self.population.evaluate_each = lambda batches: [
            metrics_of(names, seed, 0.5) for seed in seeds
        ]
        yield [
            Candidate(route, seed, 2, metrics_of(names, seed, 0.25))
            for route, seed in zip(routes, seeds, strict=True)
        ]

    seen = []
    monkeypatch.setattr(CandidateTrainer, "train", train)
    return seen


def metrics_of(names, seed, share):
    return {name: {"auc": seed + share, "log_loss": share} for name in names}


@pytest.mark.parametrize("name", BASELINES)
def test_an_outcome_for_each_pair_and_start(trained, name):
    baseline = Baseline(name, CONFIG, BINARY_SCHEMA)
    outcomes = baseline.train(load_data(CONFIG), [3, 3, 4], [5, 6, 7])
    assert [outcome.pair for outcome in outcomes] == [3, 3, 4]
    for outcome, start in zip(outcomes, [5, 6, 7], strict=True):
        tasks = BINARY_SCHEMA.task_names
        assert outcome.valid == metrics_of(tasks, start, 0.25)
        assert outcome.test == metrics_of(tasks, start, 0.5)
        assert outcome.num_trainings == 1
        assert (outcome.route is None) == (name == "single_task")


def test_single_tasks_read_the_same_rows_in_the_same_order(trained):
    config = dataclasses.replace(CONFIG, seed=8)
    data = load_data(config)
    Baseline("single_task", config, BINARY_SCHEMA).train(data, [0], [0])
    for part, task in zip(trained, ("click", "buy"), strict=True):
        (called,) = part.schema.task_names
        for name in ("train", "valid", "test"):
            for whole in (data, part):
                whole.seek(2)
            pairs = zip(getattr(part, name), getattr(data, name), strict=True)
            for (x, y), (all_x, all_y) in pairs:
                assert list(y) == [called]
                np.testing.assert_array_equal(y[called], all_y[task])
                for key in all_x:
                    np.testing.assert_array_equal(x[key], all_x[key])


def test_tasks_alike_but_in_name_share_a_trainer():
    first, second = Baseline("single_task", CONFIG, BINARY_SCHEMA).trainers
    assert first is second
    schema = dataclasses.replace(BINARY_SCHEMA, tasks=SCHEMA.tasks)
    first, second = Baseline("single_task", CONFIG, schema).trainers
    assert first is not second
    assert second.population.schema.task_names == ("stars",)


@pytest.mark.slow
def test_a_task_trains_alike_under_the_name_of_another():
    data = load_data(CONFIG)
    both = Baseline("single_task", CONFIG, BINARY_SCHEMA)
    (outcome,) = both.train(data, [0], [5])
    only = data.with_tasks(["buy"])
    alone = Baseline("single_task", CONFIG, only.schema)
    (expected,) = alone.train(only, [0], [5])
    assert list(outcome.valid) == list(outcome.test) == ["click", "buy"]
    for split in ("valid", "test"):
        found, its = getattr(outcome, split), getattr(expected, split)
        assert found["buy"] == pytest.approx(its["buy"], rel=1e-4)
        assert found["click"] != pytest.approx(its["buy"], rel=1e-2)
    losses = both.valid_losses(data, [5])
    total = sum(task["log_loss"] for task in outcome.valid.values())
    assert losses == pytest.approx([total], rel=1e-4)


def test_other_methods_read_the_data_itself(trained):
    data = load_data(CONFIG)
    Baseline("mmoe", CONFIG, BINARY_SCHEMA).train(data, [0], [0])
    assert trained == [data]
