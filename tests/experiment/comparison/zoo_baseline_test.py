"""The cost of methods that are no route."""

import numpy as np
import pytest
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from tiny_experiment import without_graphs
from tolerances import near
from toy_data import BINARY_SCHEMA

from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison import zoo_baseline
from mtnas_tf.experiment.comparison.zoo_baseline import ZooBaseline
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.population import ModelPopulation

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


def test_factorized_kernels_cost_as_much_as_others():
    baseline = ZooBaseline("tensor_factorized", CONFIG, BINARY_SCHEMA)
    tasks, root_units, units = 2, 3 * 3 + 2, CONFIG.model.units
    # A hidden layer and a tower for each task; each kernel counts once a row.
    expected = tasks * (root_units * units + units)
    sizes = baseline.sizes()
    assert sizes["multiply_adds"] == expected
    assert BINARY_SCHEMA.with_smallest_table.num_buckets == 5  # 3, others, one
    assert sizes["num_parameters"]["embedding"] == 3 * BINARY_SCHEMA.num_buckets


def with_places(config, num_places):
    return with_section(config, "search.candidates", num_places=num_places)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ada_share", "routing_networks"])
def test_a_later_training_is_one_of_its_own(name):
    # The first one's model is trained again, from the weights of a new one.
    config = with_places(with_section(CONFIG, "optim", epochs=1), 1)
    baseline = ZooBaseline(name, config, BINARY_SCHEMA)
    assert baseline.trained == "alone"
    with without_graphs():
        outcomes = baseline.train(load_data(CONFIG), [0, 1, 2], [5, 6, 5])
    first, other, again = outcomes
    for split in ("valid", "test"):
        assert getattr(again, split) == getattr(first, split)
        assert getattr(other, split) != getattr(first, split)


def test_side_by_side_unless_it_cannot_be():
    balanced = with_section(CONFIG, "optim", balancing="pcgrad")
    for name, config, expected in (
        ("cross_stitch", CONFIG, "side by side"),
        ("cross_stitch", balanced, "alone"),
        ("cross_stitch", with_places(CONFIG, 1), "alone"),
        ("routing_networks", CONFIG, "alone"),
    ):
        baseline = ZooBaseline(name, config, BINARY_SCHEMA)
        assert baseline.trained == expected


def losses_of(outcomes, split):
    tasks = BINARY_SCHEMA.tasks
    return [mtl_loss(tasks, getattr(found, split)) for found in outcomes]


@pytest.mark.slow
def test_outcomes_side_by_side_are_those_alone(monkeypatch):
    # Batch normalization would have slopes that are rounded zeros, from which
    # Adam takes whole steps.
    config = with_section(CONFIG, "base", normalization="layer")
    data, pairs, starts = load_data(CONFIG), [0, 1, 1], [5, 6, 7]
    found = []
    compiled = []
    monkeypatch.setattr(
        zoo_baseline,
        "ModelPopulation",
        lambda *args: compiled.append(args[1]) or ModelPopulation(*args),
    )
    for places in (1, 2):
        baseline = ZooBaseline(
            "cross_stitch", with_places(config, places), BINARY_SCHEMA
        )
        found.append(baseline.train(data, pairs, starts))
    assert compiled == [2]  # for three trainings
    alone, together = found
    for split in ("valid", "test"):
        ours, its = losses_of(together, split), losses_of(alone, split)
        assert ours == near(its)
        assert len(set(its)) == 3
    for ours, its in zip(together, alone, strict=True):
        assert (ours.pair, ours.epochs) == (its.pair, its.epochs)
        assert len(ours.sharing) == len(its.sharing) == 1
        np.testing.assert_allclose(
            ours.sharing[0].weights, its.sharing[0].weights, rtol=1e-5
        )
    assert baseline.valid_losses(data, starts[:2]) == near(
        losses_of(alone[:2], "valid")
    )
    assert compiled == [2]
