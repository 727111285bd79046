"""Experts in groups against the experts of each group by themselves."""

import checks
import numpy as np
import pytest
from tolerances import assert_near

from mtnas_tf.layers import ExpertGroups
from mtnas_tf.layers import Experts

SIZES = (2, 1, 3)
ROOTS = np.random.default_rng(0).normal(size=(5, 3, 4)).astype("f")


@pytest.mark.parametrize("shape", [(5, 4), (5, 3, 4)])
def test_groups_are_experts_side_by_side(shape):
    groups = ExpertGroups(SIZES, (7, 6))
    groups.build(shape)
    checks.randomize(groups)
    inputs = ROOTS if len(shape) == 3 else ROOTS[:, 0]
    outputs = groups(inputs)
    assert outputs.shape == groups.compute_output_shape(shape) == (5, 6, 6)
    weights = groups.get_weights()
    for index, size in enumerate(SIZES):
        start = sum(SIZES[:index])
        alone = Experts(size, (7, 6))
        alone.build((5, 4))
        alone.set_weights([w[start : start + size] for w in weights])
        own = ROOTS[:, index] if len(shape) == 3 else ROOTS[:, 0]
        assert_near(groups.of_group(outputs, index), alone(own))


def test_config():
    groups = ExpertGroups(SIZES, (7, 6), "layer", 0.25)
    config = groups.get_config()
    assert ExpertGroups.from_config(config).get_config() == config
    assert groups.num_groups == 3
    assert groups.num_experts == 6
