"""Costs counted in a model's graph."""

import pytest
from tiny_experiment import CONFIG
from toy_data import BINARY_SCHEMA

from mtnas_tf.config import with_section
from mtnas_tf.experiment import building
from mtnas_tf.experiment.route_search import network_sizes
from mtnas_tf.models.traced_cost import traced_multiply_adds

DEEP = with_section(CONFIG, "model", num_layers=2, num_subnetworks=3, units=5)
WITH_STEM = with_section(
    with_section(DEEP, "model", root_query="stem"), "base", stem_units=4
)
ROOT, TASKS = 3 * 3 + 2, 2  # two values beside three embeddings


@pytest.mark.parametrize("config", [DEEP, WITH_STEM])
def test_of_a_route_it_is_that_of_the_formula(config):
    model = building.build_model("ml_mmoe", config, BINARY_SCHEMA)
    sizes = network_sizes(model.body.route, config, BINARY_SCHEMA)
    assert traced_multiply_adds(model) == sizes["multiply_adds"]


def test_stitches_count():
    model = building.build_model("cross_stitch", DEEP, BINARY_SCHEMA)
    units = DEEP.model.units
    networks = TASKS * (ROOT * units + units * units + units)
    stitches = DEEP.model.num_layers * TASKS * TASKS * units
    assert traced_multiply_adds(model) == networks + stitches


def test_links_count():
    model = building.build_model("snr_trans", DEEP, BINARY_SCHEMA)
    units, experts = DEEP.model.units, DEEP.model.num_subnetworks
    layers = experts * (ROOT * units + units * units)
    # From each to each sub-network, then to each task, a matrix.
    links = experts * (experts + TASKS) * units * units
    assert traced_multiply_adds(model) == layers + links + TASKS * units
