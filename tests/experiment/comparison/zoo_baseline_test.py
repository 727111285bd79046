"""The cost of methods that are no route."""

import pytest
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from tiny_experiment import without_graphs
from toy_data import BINARY_SCHEMA

from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison.zoo_baseline import ZooBaseline

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


@pytest.mark.parametrize("name", ["ada_share", "routing_networks"])
def test_a_later_training_is_one_of_its_own(name):
    # The first one's model is trained again, from the weights of a new one.
    config = with_section(CONFIG, "optim", epochs=1)
    baseline = ZooBaseline(name, config, BINARY_SCHEMA)
    with without_graphs():
        outcomes = baseline.train(load_data(CONFIG), [0, 1, 2], [5, 6, 5])
    first, other, again = outcomes
    for split in ("valid", "test"):
        assert getattr(again, split) == getattr(first, split)
        assert getattr(other, split) != getattr(first, split)
