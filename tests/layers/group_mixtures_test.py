"""Mixtures of groups against NumPy, and the gradients that they let through."""

import checks
import numpy as np
import pytest
import tensorflow as tf
from checks import relu
from checks import softmax
from tolerances import assert_near

from mtnas_tf.layers import GroupMixtures

SIZES = (2, 1, 3)
GROUPS = ((0, 1), (2,), (3, 4, 5))  # experts of each
READS = [[0, 2], [1], [2, 0, 1]]
RNG = np.random.default_rng(0)
QUERIES = RNG.normal(size=(5, 3, 4)).astype("f")
EXPERTS = RNG.normal(size=(5, 6, 7)).astype("f")


def make(**kwargs):
    mixtures = GroupMixtures(SIZES, READS, **kwargs)
    mixtures.build(QUERIES.shape, EXPERTS.shape)
    checks.randomize(mixtures)
    return mixtures


@pytest.mark.parametrize("gate_units", [(), (8,)])
def test_against_numpy(gate_units):
    mixtures = make(gate_units=gate_units)
    outputs = mixtures(QUERIES, EXPERTS)
    for index, groups in enumerate(READS):
        read = [expert for group in groups for expert in GROUPS[group]]
        for row in range(len(QUERIES)):
            query = QUERIES[row, index]
            if gate_units:
                bank = mixtures.networks.banks[0]
                query = relu(
                    query @ bank.kernel.numpy()[index] + bank.bias[index]
                )
            weights = np.ones(1)
            if len(read) > 1:
                kernel = mixtures.gates[index].kernel.numpy()
                weights = softmax(query @ kernel)
            assert_near(outputs[row, index], weights @ EXPERTS[row, read])


def test_a_gradient_reaches_the_groups_to_train():
    trained = [[2], [1], [0, 1]]
    mixtures = make(trains=trained)
    everything = make()
    everything.set_weights(mixtures.get_weights())
    assert_near(mixtures(QUERIES, EXPERTS), everything(QUERIES, EXPERTS))
    for index, groups in enumerate(trained):
        experts = tf.constant(EXPERTS)
        with tf.GradientTape() as tape:
            tape.watch(experts)
            output = tf.reduce_sum(mixtures(QUERIES, experts)[:, index])
        slopes = tape.gradient(output, experts).numpy()
        reached = np.flatnonzero(np.abs(slopes).max(axis=(0, 2)))
        assert [*reached] == [e for group in groups for e in GROUPS[group]]


def test_contract(tmp_path):
    checks.check_layer(
        GroupMixtures,
        # The second mixture is a single expert, and has no gate.
        {"group_sizes": (1, 2), "reads": [[0, 1], [0]]},
        (QUERIES[:, :2], EXPERTS[:, :3]),
        (5, 2, 7),
        {"kernel": (4, 3)},
        path=tmp_path,
    )
