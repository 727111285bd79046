"""The cost of methods that are no route."""

from tiny_experiment import CONFIG
from toy_data import BINARY_SCHEMA

from mtnas_tf.experiment.comparison.zoo_baseline import ZooBaseline


def test_factorized_kernels_cost_as_much_as_others():
    baseline = ZooBaseline("tensor_factorized", CONFIG, BINARY_SCHEMA)
    tasks, root_units, units = 2, 3 * 3 + 2, CONFIG.model.units
    # A hidden layer and a tower for each task; each kernel counts once a row.
    expected = tasks * (root_units * units + units)
    sizes = baseline.sizes()
    assert sizes["multiply_adds"] == expected
    assert BINARY_SCHEMA.with_smallest_table.num_buckets == 5  # 3, others, one
    assert sizes["num_parameters"]["embedding"] == 3 * BINARY_SCHEMA.num_buckets
