"""HoME against NumPy, its parts, and what tasks of a group share."""

import checks
import numpy as np
import pytest
import tensorflow as tf
from checks import sigmoid
from checks import softmax
from tolerances import assert_near

from mtnas_tf.layers import ExtractionNetwork
from mtnas_tf.layers import FeatureGates
from mtnas_tf.layers import HoME
from mtnas_tf.layers import HoMELevel
from mtnas_tf.layers import SelfGate

TASKS = ("click", "like", "buy")
GROUPS = [["like", "click"], ["buy"]]
GROUP_OF = {"click": 0, "like": 0, "buy": 1}
UNITS = 5
RNG = np.random.default_rng(0)
ROOT = RNG.normal(size=(4, 3)).astype("f")


def make(**kwargs):
    body = HoME(TASKS, GROUPS, hidden_units=(UNITS,), rank=2, **kwargs)
    body.build(ROOT.shape)
    checks.randomize(body)
    return body


def swish(x):
    return x * sigmoid(x)


def experts_of(level, group, x):
    """What the experts of a group make of one row."""
    gates, bank = level.feature_gates, level.experts.banks[0]
    scores = x @ gates.to_rank[group].numpy() @ gates.from_rank[group].numpy()
    x = x * 2 * sigmoid(scores)
    sizes = level.experts.group_sizes
    outputs = []
    for k in range(sum(sizes[:group]), sum(sizes[: group + 1])):
        y = x @ bank.kernel[k].numpy() + bank.bias[k].numpy()
        mean, variance, gamma, beta = (
            getattr(bank.norm, name)[k].numpy()
            for name in ("moving_mean", "moving_variance", "gamma", "beta")
        )
        y = gamma * (y - mean) / np.sqrt(variance + 1e-3) + beta
        outputs.append(swish(y))
    return np.array(outputs)


def mixed(level, index, query, experts):
    """A mixture of some groups' experts, its own first."""
    weights = softmax(query @ level.mixtures.gates[index].kernel.numpy())
    scores = query @ level.self_gates[index].kernel.numpy()
    own = sigmoid(scores) if len(scores) == 1 else softmax(scores)
    return weights @ np.concatenate(experts) + own @ experts[0]


def reference(body, x):
    """The docstring's equations of one row: task -> `h`."""
    meta, last = body.meta_level, body.task_level
    *of_groups, shared = (experts_of(meta, unit, x) for unit in range(3))
    z = [mixed(meta, c, x, [e, shared]) for c, e in enumerate(of_groups)]
    z_shared = mixed(meta, 2, x, [shared, *of_groups])
    outputs = {}
    for t, task in enumerate(TASKS):
        group = GROUP_OF[task]
        experts = [
            experts_of(last, t, z[group]),
            experts_of(last, len(TASKS) + group, z[group]),
            experts_of(last, len(TASKS) + 2, z_shared),
        ]
        query = np.concatenate([z[group], z_shared])
        outputs[task] = mixed(last, t, query, experts)
    return outputs


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 3, 2)])
def test_against_numpy(sizes):
    names = ("num_task_experts", "num_group_experts", "num_shared_experts")
    body = make(**dict(zip(names, sizes, strict=True)))
    outputs = body(ROOT)
    for row, x in enumerate(ROOT):
        for task, expected in reference(body, x).items():
            assert_near(outputs[task][row], expected)


def test_without_its_gates_a_level_is_one_of_ple():
    level = HoMELevel(
        # The shared unit first reads its own experts, and those of tasks then.
        (1, 1, 2),
        [[0, 2], [1, 2], [2, 0, 1]],
        hidden_units=(UNITS,),
        normalization=None,
        activation="relu",
    )
    root = np.abs(ROOT)
    queries = np.repeat(root[:, None], 3, axis=1)
    level.build(root.shape, queries.shape)
    ple = ExtractionNetwork(TASKS[:2], 1, 2, hidden_units=(UNITS,))
    ple.build(root.shape, root.shape)
    checks.randomize(ple)
    level.experts.set_weights(ple.experts.get_weights())
    for index, gate in enumerate(level.mixtures.gates):
        kernel = ple.mixtures.gates[index].kernel.numpy()
        if index == 2:
            kernel = kernel[:, [2, 3, 0, 1]]
        gate.kernel.assign(kernel)
    for gate in level.self_gates[:2]:
        gate.kernel.assign(np.full_like(gate.kernel, -1e6))  # their weight is 0
    outputs = level(root, queries)
    expected = ple(root, root)
    assert_near(outputs[:, :2], expected[:, :2])
    own = level.experts.of_group(level.experts(root), 2)
    assert_near(outputs[:, 2], expected[:, 2] + level.self_gates[2](root, own))


def test_a_task_trains_the_experts_of_its_group_on_the_second_level():
    body = make()
    kernel = body.task_level.experts.banks[0].kernel
    for t, task in enumerate(TASKS):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(body(ROOT)[task] ** 2)
        slopes = np.abs(tape.gradient(loss, kernel)).max(axis=(1, 2))
        first_group = len(TASKS)
        own = [t, first_group + GROUP_OF[task], first_group + len(GROUPS)]
        assert [*np.flatnonzero(slopes)] == own


@pytest.mark.parametrize("shape", [(4, 3), (4, 2, 3)])
def test_feature_gates(shape, tmp_path):
    inputs = RNG.normal(size=shape).astype("f")
    gates = FeatureGates(num_gates=2, rank=5)
    # They start at one.
    expected = inputs if len(shape) == 3 else np.stack([inputs] * 2, axis=1)
    np.testing.assert_array_equal(gates(inputs), expected)
    checks.check_layer(
        FeatureGates,
        {"num_gates": 2, "rank": 5},
        (inputs,),
        (4, 2, 3),
        {"to_rank_kernel": (2, 3, 5), "from_rank_kernel": (2, 5, 3)},
        path=tmp_path,
    )


@pytest.mark.parametrize("num_values", [1, 2])
def test_self_gate(num_values, tmp_path):
    values = RNG.normal(size=(4, num_values, UNITS)).astype("f")
    checks.check_layer(
        SelfGate,
        {},
        (ROOT, values),
        (4, UNITS),
        {"kernel": (3, num_values)},
        path=tmp_path,
    )


def test_each_task_is_a_group_of_its_own_by_default():
    assert HoME(TASKS).groups == (("click",), ("like",), ("buy",))
