"""Models in the shape of a config."""

import dataclasses

import pytest
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from toy_data import BINARY_SCHEMA

from mtnas_tf.data import FieldSpec
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison.zoo_baseline import ZooBaseline


@pytest.mark.parametrize(
    ("name", "num_steps", "expected"),
    [
        ("ada_share", None, (400, 5)),
        ("ada_share", 2000, (400, 5)),
        ("ada_share", 321, (64, 1)),
        ("learning_to_branch", 2000, (20, 10)),
        ("learning_to_branch", 321, (3, 1)),
    ],
)
def test_schedules_are_as_long_as_the_training(name, num_steps, expected):
    model = building.build_model(
        name, CONFIG, BINARY_SCHEMA, num_steps=num_steps
    )
    body = model.body
    assert (body.warmup_steps, body.annealing_steps) == expected


def test_a_baseline_knows_how_long_it_is_trained(monkeypatch):
    bodies = []

    def train(model, config, data, verbose, is_ready):
        bodies.append(model.body)
        return runner.Training(model, 1, 1.0, 1.0, {})

    monkeypatch.setattr(runner, "train", train)
    data = load_data(CONFIG)
    config = dataclasses.replace(
        CONFIG, optim=dataclasses.replace(CONFIG.optim, epochs=5)
    )
    next(ZooBaseline("ada_share", config, BINARY_SCHEMA)._trainings(data, [0]))
    assert bodies[0].warmup_steps == data.steps_per_epoch  # a fifth


@pytest.mark.parametrize("name", ["stem_net", "me_mmoe", "me_ple"])
def test_gates_have_no_hidden_layers(name):
    # They would have more parameters than the experts, at any width.
    model = building.build_model(name, CONFIG, BINARY_SCHEMA, units=1)
    assert building.count_parameters(model)["dense"] < 150


def test_pepnet_has_a_width_of_any_size():
    # Of 30 fields, whose factors without a hidden layer have 90 * 93 weights.
    fields = tuple(FieldSpec(name=f"f{i}") for i in range(30))
    schema = dataclasses.replace(
        BINARY_SCHEMA, fields=fields, domain="f0", entities=("f1", "f2")
    )
    baseline = ZooBaseline("pepnet", CONFIG, schema, dense_parameters=5000)
    dense = baseline.sizes()["num_parameters"]["dense"]
    assert dense == pytest.approx(5000, rel=0.05)
    assert baseline.units > 2
